/**
 * Records packed so that one can be read without the others, from a disk or over HTTP by ranges.
 *
 *   "LUCIDAIX"  u32 version  u32 count  f64 offset × (count + 1)   deflated JSON × count
 *
 * Little endian; offsets count from the start of the file, in doubles (whole numbers to 2^53).
 */
import { strFromU8, strToU8, unzlibSync, zlibSync } from "fflate";
import { Problem } from "../../core/problem.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { parseJson } from "../../formats/json.ts";

const magic = "LUCIDAIX";
/** 2: a record's weaker examples lie by quantiles (1: by halvings of the range). */
const version = 2;
const head = magic.length + 8;
/** A record of 64-token windows is about 3 kB packed and 10 unpacked; a thousand times that is no record of ours. */
const mostRecord = 16 << 20;

/** One record as it will lie in the file: some kilobytes, where the object takes tens. */
export const packedRecord = (record: unknown): Uint8Array => zlibSync(strToU8(JSON.stringify(record)), { level: 3 });

/** The file of these records, in pieces. */
export function packed(bodies: readonly Uint8Array[]): Uint8Array[] {
  const header = new Uint8Array(head + 8 * (bodies.length + 1));
  header.set(strToU8(magic));
  const view = new DataView(header.buffer);
  view.setUint32(magic.length, version, true);
  view.setUint32(magic.length + 4, bodies.length, true);
  let offset = header.length;
  for (let i = 0; i <= bodies.length; i++) {
    view.setFloat64(head + 8 * i, offset, true);
    offset += bodies[i]?.length ?? 0;
  }
  return [header, ...bodies];
}

export interface Packed {
  readonly count: number;
  /** Throws a Problem when the record is outside the file or is broken. */
  read(record: number): Promise<unknown>;
}

/** Opens a packed file: the header is read, no record. */
export async function openPacked(file: Bytes): Promise<Packed> {
  const start = await file.read(0, Math.min(head, file.size));
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (start.length < head || strFromU8(start.subarray(0, magic.length)) !== magic)
    throw broken(file, "it does not begin like an index of units");
  if (view.getUint32(magic.length, true) !== version)
    throw broken(file, `it is of version ${view.getUint32(magic.length, true)}, this Lucida reads ${version}`);
  const count = view.getUint32(magic.length + 4, true);
  // Each record has an offset, so the file itself says how many there can be.
  if (head + 8 * (count + 1) > file.size) throw broken(file, `it claims ${count} records in ${file.size} bytes`);
  return {
    count,
    async read(record) {
      if (!(Number.isInteger(record) && record >= 0 && record < count))
        throw new Problem(`there is no unit ${record}: they are 0 to ${count - 1}`, { where: `in ${file.name}` });
      const at = head + 8 * record;
      const pair = await file.read(at, at + 16);
      const ends = new DataView(pair.buffer, pair.byteOffset, 16);
      const [from, to] = [ends.getFloat64(0, true), ends.getFloat64(8, true)];
      if (!(Number.isInteger(from) && from >= head && from < to && to <= file.size))
        throw broken(file, `record ${record} lies from byte ${from} to ${to} of ${file.size}`);
      return inflate(await file.read(from, to), file, record);
    },
  };
}

function inflate(data: Uint8Array, file: Bytes, record: number): unknown {
  let text: string;
  try {
    const out = unzlibSync(data, { out: new Uint8Array(Math.min(mostRecord, Math.max(1 << 16, data.length * 32))) });
    text = strFromU8(out);
  } catch {
    throw broken(file, `record ${record} cannot be unpacked`);
  }
  return parseJson(text, file.name);
}

const broken = (file: Bytes, what: string): Problem =>
  new Problem(`the index is broken: ${what}`, { where: `in ${file.name}`, advice: "building the index again" });
