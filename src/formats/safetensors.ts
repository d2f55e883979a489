/**
 * Safetensors: eight bytes of length, a JSON header, then raw little-endian tensors.
 *
 * Reads the header without the weights, doubts every number in it, and gives rows as float32.
 * Knows nothing of models or of several files (see safetensors-sharded.ts).
 */
import { Problem } from "../core/problem.ts";
import type { Bytes } from "./bytes.ts";
import { copySingle, narrowDouble, widenBrain, widenHalf } from "./half.ts";
import { isRecord, parseJson, repeatedKey } from "./json.ts";
import { pieceBytes, rowsOf, tensorNamed } from "./rows.ts";
import type { TensorInfo, Weights } from "./weights.ts";

export interface SafetensorsEntry extends TensorInfo {
  /** Bytes [start, end) of the file. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** The free text under `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** As in the format's own library. Headers of real models take 10 kB to a few MB (a mixture of 60,000 tensors: 8 MB). */
const headerLimit = 100_000_000;

type Widen = (data: Uint8Array, from: number, count: number, out: Float32Array, to: number) => void;

const readable: Record<string, { bytes: number; widen: Widen; words: string }> = {
  F64: { bytes: 8, widen: narrowDouble, words: "float64 (rounded to float32)" },
  F32: { bytes: 4, widen: copySingle, words: "float32" },
  F16: { bytes: 2, widen: widenHalf, words: "float16" },
  BF16: { bytes: 2, widen: widenBrain, words: "bfloat16" },
};
/** Types that a file may hold beside the weights (masks, counters): listed, but not read. */
const otherBytes: Record<string, number> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  U32: 4,
  I32: 4,
  U64: 8,
  I64: 8,
};

/** Opens one safetensors file. Throws a Problem for a header that cannot be right. */
export async function safetensors(file: Bytes): Promise<Weights> {
  const { tensors } = await readSafetensorsHeader(file);
  return {
    tensors,
    precision: precisionOf(tensors.values()),
    async read(name, options) {
      const tensor = tensorNamed(tensors, name, file.name);
      const type = Object.hasOwn(readable, tensor.type) ? readable[tensor.type] : undefined;
      if (!type)
        throw new Problem(`the tensor ${name} has the type ${tensor.type}, which Lucida does not read`, {
          where: `in ${file.name}`,
          advice: `a file in ${Object.keys(readable).join(", ")}`,
        });
      const { start, end, width, into } = rowsOf(tensor, options);
      const stop = end * width;
      const step = pieceBytes / type.bytes;
      for (let at = start * width; at < stop; at += step) {
        const count = Math.min(step, stop - at);
        const from = tensor.start + at * type.bytes;
        if (type === readable.F32 && file.readInto) {
          // As they lie in the file: straight into their place, without a copy beside it.
          await file.readInto(from, new Uint8Array(into.buffer, into.byteOffset + 4 * (at - start * width), 4 * count));
          continue;
        }
        const data = await file.read(from, from + count * type.bytes);
        type.widen(data, 0, count, into, at - start * width);
      }
      return into;
    },
  };
}

/** "float32", or "bfloat16, float32" when a file mixes them. */
export function precisionOf(tensors: Iterable<TensorInfo>): string {
  const words = new Set<string>();
  for (const { type } of tensors) if (Object.hasOwn(readable, type)) words.add(readable[type]!.words);
  return [...words].sort().join(", ") || "no weights";
}

/** Names, shapes, types and places of the tensors; reads only the header. */
export async function readSafetensorsHeader(file: Bytes): Promise<SafetensorsHeader> {
  const where = `in ${file.name}`;
  const wrong = (what: string, advice?: string): Problem => new Problem(what, { where, advice });
  if (file.size < 8) throw wrong(`a safetensors file begins with 8 bytes, and this one has ${file.size}`);
  const prefix = await file.read(0, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (length > headerLimit)
    throw wrong(
      `the header claims ${length} bytes, more than the ${headerLimit} that the format allows`,
      "checking that this is a safetensors file: a page of text saved in its place looks like this",
    );
  if (8 + length > file.size)
    throw wrong(
      `the header claims ${length} bytes, but the file has ${file.size}`,
      "fetching it again: it looks cut short",
    );
  const text = new TextDecoder().decode(await file.read(8, 8 + length));
  const header = parseJson(text, `the header of ${file.name}`);
  if (!isRecord(header)) throw wrong("the header is not a table of tensors");
  const twice = repeatedKey(text, header);
  if (twice !== undefined) throw wrong(`the header names ${JSON.stringify(twice)} twice`);

  const tensors = new Map<string, SafetensorsEntry>();
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") {
      if (isRecord(value))
        for (const [key, words] of Object.entries(value)) if (typeof words === "string") metadata.set(key, words);
    } else tensors.set(name, entry(name, value, 8 + length, file));
  }
  const ordered = [...tensors.values()].filter(t => t.end > t.start).sort((a, b) => a.start - b.start);
  for (let i = 1; i < ordered.length; i++)
    if (ordered[i]!.start < ordered[i - 1]!.end)
      throw wrong(`the tensors ${ordered[i - 1]!.name} and ${ordered[i]!.name} lie over each other`);
  return { tensors, metadata };
}

function entry(name: string, value: unknown, dataStart: number, file: Bytes): SafetensorsEntry {
  const wrong = (what: string, advice?: string): Problem =>
    new Problem(`the tensor ${name} ${what}`, { where: `in the header of ${file.name}`, advice });
  if (!isRecord(value)) throw wrong("is not described by a table");
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") throw wrong("has no dtype");
  if (!Array.isArray(shape) || !shape.every(isCount)) throw wrong(`has the shape ${short(shape)}`);
  const [from, to] = Array.isArray(offsets) ? offsets : [];
  if (!isCount(from) || !isCount(to) || to < from || (offsets as unknown[]).length !== 2)
    throw wrong(`has the data_offsets ${short(offsets)}`);
  if (dataStart + to > file.size)
    throw wrong(
      `ends at byte ${dataStart + to}, but the file has ${file.size}`,
      "fetching the file again: it looks cut short",
    );
  const bytes = Object.hasOwn(readable, dtype)
    ? readable[dtype]!.bytes
    : Object.hasOwn(otherBytes, dtype) && otherBytes[dtype];
  const count = (shape as number[]).reduce((product, n) => product * n, 1);
  if (bytes && count * bytes !== to - from)
    throw wrong(`of shape [${shape.join(", ")}] in ${dtype} needs ${count * bytes} bytes, but has ${to - from}`);
  return { name, shape: shape as number[], type: dtype, start: dataStart + from, end: dataStart + to };
}

const isCount = (n: unknown): n is number => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? text.slice(0, 57) + "..." : text;
}
