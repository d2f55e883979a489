/**
 * The head of a GGUF file: metadata of every type and the table of tensors, without the weights.
 *
 * Every count is held against the bytes that are left before anything is allocated for it.
 * Knows neither block types nor what the metadata mean.
 */
import { Problem } from "../../core/problem.ts";
import type { Bytes } from "../bytes.ts";
import { Cursor, NeedMore } from "./cursor.ts";
import { GgufStrings } from "./strings.ts";

export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;
/** 64-bit integers are numbers where a number holds them, else bigint. Long arrays stay packed. */
export type GgufValue = number | bigint | boolean | string | GgufNumbers | GgufStrings | readonly GgufValue[];

export interface GgufTensor {
  readonly name: string;
  /** In ggml's order: the fastest-moving dimension first. */
  readonly dims: readonly number[];
  /** ggml's number of the block type. */
  readonly type: number;
  /** Byte of the file where its data begin. */
  readonly start: number;
}

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** For messages. */
  readonly name: string;
}

/** A header with a vocabulary of 262,144 tokens and its merges takes 7-16 MB; this lets one sixteen times as large through. */
const headerLimit = 256 << 20;
/** ggml's own limit (GGML_MAX_DIMS). */
const dimsLimit = 4;
/** Real arrays are flat; the format allows arrays of arrays, and a file must not make us recurse without end. */
const depthLimit = 4;
/** A tensor of ggml has a name below 64 bytes and keys are identifiers; this is the format's limit for keys. */
const nameLimit = 65535;

/** Reads metadata and tensor table. Throws a Problem for what is not GGUF v2 or v3, little-endian, and complete up to there. */
export async function readGgufHeader(file: Bytes): Promise<GgufHeader> {
  // The length of the head is not known beforehand: read a beginning, and a longer one if that was not enough.
  let size = Math.min(file.size, 1 << 20);
  for (;;) {
    const cursor = new Cursor(await file.read(0, size), file.size, file.name);
    try {
      return parse(cursor, file.name);
    } catch (error) {
      if (!(error instanceof NeedMore)) throw error;
      if (error.needed > headerLimit)
        throw new Problem(`the head of the file claims more than ${headerLimit >> 20} MiB; the largest known take 16`, {
          where: `in ${file.name}`,
          advice: "checking that this is the GGUF file of a language model",
        });
      size = Math.min(file.size, headerLimit, Math.max(4 * size, error.needed));
    }
  }
}

function parse(cursor: Cursor, name: string): GgufHeader {
  const wrong = (what: string, advice?: string): Problem => new Problem(what, { where: `in ${name}`, advice });
  if (cursor.left < 4 || cursor.u32() !== 0x46554747)
    throw wrong('this is not a GGUF file: it does not begin with "GGUF"');
  const version = cursor.u32();
  if (version !== 0 && (version & 0xffff) === 0)
    throw wrong("this GGUF file is big-endian, which Lucida does not read", "the little-endian file of the same model");
  if (version !== 2 && version !== 3)
    throw wrong(`this is GGUF version ${version}, and Lucida reads versions 2 and 3`, "converting the model again");
  const tensorCount = cursor.count(24, "tensors"); // name length, dimension count, type, offset: 24 bytes at the least
  const pairCount = cursor.count(13, "metadata"); // key length, type, one byte of value
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < pairCount; i++) {
    const key = cursor.string(nameLimit);
    if (metadata.has(key)) throw wrong(`the metadata name ${JSON.stringify(key)} twice`);
    metadata.set(key, readValue(cursor, cursor.u32(), key, 0));
  }
  const alignment = metadata.get("general.alignment") ?? 32;
  // Offsets are multiples of it: 32 in practice, a page at most.
  if (typeof alignment !== "number" || alignment < 1 || alignment > 65536 || !Number.isInteger(Math.log2(alignment)))
    throw wrong(`general.alignment is ${String(alignment)}, not a power of two up to 65536`);

  const found: { name: string; dims: number[]; type: number; offset: number }[] = [];
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const tensor = cursor.string(nameLimit);
    if (names.has(tensor)) throw wrong(`the tensor ${JSON.stringify(tensor)} is listed twice`);
    names.add(tensor);
    const dimCount = cursor.u32();
    if (dimCount > dimsLimit) throw wrong(`the tensor ${tensor} claims ${dimCount} dimensions; ggml has ${dimsLimit}`);
    const dims: number[] = [];
    for (let d = 0; d < dimCount; d++) dims.push(cursor.size(`a dimension of ${tensor}`));
    const type = cursor.u32();
    const offset = cursor.size(`the offset of ${tensor}`);
    if (offset % alignment !== 0)
      throw wrong(`the tensor ${tensor} begins at ${offset}, not a multiple of ${alignment}`);
    found.push({ name: tensor, dims, type, offset });
  }
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = found.map(({ offset, ...rest }) => ({ ...rest, start: dataStart + offset }));
  return { version, metadata, tensors, name };
}

/** The types of metadata by their number in the format, with the bytes of one. */
const uint8 = 0;
const bool = 7;
const string = 8;
const array = 9;
const widths = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

function readValue(cursor: Cursor, type: number, key: string, depth: number): GgufValue {
  switch (type) {
    case uint8:
      return cursor.bytes(1)[0]!;
    case 1:
      return (cursor.bytes(1)[0]! << 24) >> 24;
    case 2:
      return cursor.view(2).getUint16(0, true);
    case 3:
      return cursor.view(2).getInt16(0, true);
    case 4:
      return cursor.u32();
    case 5:
      return cursor.view(4).getInt32(0, true);
    case 6:
      return cursor.view(4).getFloat32(0, true);
    case bool:
      return cursor.bytes(1)[0] !== 0;
    case string:
      return cursor.string();
    case array:
      return readArray(cursor, key, depth + 1);
    case 10:
      return number(cursor.view(8).getBigUint64(0, true));
    case 11:
      return number(cursor.view(8).getBigInt64(0, true));
    case 12:
      return cursor.view(8).getFloat64(0, true);
    default:
      throw unknownType(cursor, type, key);
  }
}

function readArray(cursor: Cursor, key: string, depth: number): GgufValue {
  const where = `in the metadata ${key} of ${cursor.name}`;
  if (depth > depthLimit) throw new Problem(`arrays lie ${depth} deep; ${depthLimit} are read`, { where });
  const type = cursor.u32();
  const width = widths[type];
  if (width === undefined) throw unknownType(cursor, type, key);
  const count = cursor.count(width, key);
  if (type === string) return GgufStrings.read(cursor, count);
  if (type === array || type >= 10 || type === bool) {
    if (type === 12) return new Float64Array(cursor.bytes(8 * count).slice().buffer);
    const values: GgufValue[] = [];
    for (let i = 0; i < count; i++) values.push(readValue(cursor, type, key, depth));
    return values;
  }
  const data = cursor.bytes(width * count).slice().buffer;
  const make = [Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array, Float32Array][type]!;
  return new make(data);
}

const number = (n: bigint): number | bigint => (BigInt.asIntN(54, n) === n ? Number(n) : n);

function unknownType(cursor: Cursor, type: number, key: string): Problem {
  return new Problem(`the metadata ${key} have the unknown type ${type}; the format has 0 to 12`, {
    where: `in ${cursor.name}`,
  });
}
