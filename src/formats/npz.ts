/**
 * NumPy's .npz: a zip of .npy arrays. Arrays that are stored as they are (np.savez) are read by range, a few rows at a
 * time; deflated ones (np.savez_compressed) are inflated whole when first asked for, and the last one is kept.
 */
import { Inflate } from "fflate";
import { Problem } from "../core/problem.ts";
import type { Bytes } from "./bytes.ts";
import { copySingle, narrowDouble, widenHalf } from "./half.ts";
import { pieceBytes, rowsOf, tensorNamed } from "./rows.ts";
import type { TensorInfo, Weights } from "./weights.ts";

interface Entry {
  readonly name: string;
  readonly method: 0 | 8;
  /** Where its bytes start in the file, how many there are, and how many they become. */
  readonly start: number;
  readonly packed: number;
  readonly size: number;
}

interface NumpyArray extends TensorInfo {
  readonly entry: Entry;
  /** Where the numbers start in the inflated entry. */
  readonly dataStart: number;
  readonly turned: boolean;
}

type Widen = (data: Uint8Array, from: number, count: number, out: Float32Array, to: number) => void;
const types: Record<string, { bytes: number; widen: Widen }> = {
  "<f2": { bytes: 2, widen: widenHalf },
  "<f4": { bytes: 4, widen: copySingle },
  "<f8": { bytes: 8, widen: narrowDouble },
};

/** Opens an .npz file. Throws a Problem for a directory or header that cannot be right. */
export async function npz(file: Bytes): Promise<Weights> {
  const tensors = new Map<string, NumpyArray>();
  for (const entry of await directory(file)) {
    if (!entry.name.endsWith(".npy")) continue;
    const name = entry.name.slice(0, -4);
    tensors.set(name, await arrayHeader(file, entry, name));
  }
  let last: { entry: Entry; data: Promise<Uint8Array> } | undefined;
  const bytesOf = async (entry: Entry, from: number, to: number): Promise<Uint8Array> => {
    if (entry.method === 0) return file.read(entry.start + from, entry.start + to);
    if (last?.entry !== entry) last = { entry, data: inflate(file, entry, entry.size) };
    return (await last.data).subarray(from, to);
  };
  return {
    tensors,
    precision: [...new Set([...tensors.values()].map(t => t.type))].join(", ") || "no weights",
    async read(name, options) {
      const array = tensorNamed(tensors, name, file.name);
      const type = types[array.type];
      if (!type) {
        throw new Problem(`the array ${name} has the type ${array.type}, which Lucida does not read`, {
          where: `in ${file.name}`,
          advice: `a file in ${Object.keys(types).join(", ")}`,
        });
      }
      const { start, end, width, into } = rowsOf(array, options);
      const take = async (at: number, count: number, out: Float32Array<ArrayBuffer>, to: number) => {
        const from = array.dataStart + at * type.bytes;
        type.widen(await bytesOf(array.entry, from, from + count * type.bytes), 0, count, out, to);
      };
      if (array.turned) {
        // Column-major: each column lies together.
        const rows = array.shape[0]!;
        const column = new Float32Array(rows);
        for (let j = 0; j < width; j++) {
          await take(j * rows + start, end - start, column, 0);
          for (let i = 0; i < end - start; i++) into[i * width + j] = column[i]!;
        }
        return into;
      }
      const stop = end * width;
      const step = pieceBytes / type.bytes;
      for (let at = start * width; at < stop; at += step) {
        await take(at, Math.min(step, stop - at), into, at - start * width);
      }
      return into;
    },
  };
}

const wrong = (file: Bytes, what: string): Problem =>
  new Problem(what, { where: `in ${file.name}`, advice: "fetching the file again: it looks cut short or changed" });

/** The zip's list of files, from its end; the larger numbers of zip64 too. */
async function directory(file: Bytes): Promise<Entry[]> {
  const tail = await file.read(Math.max(0, file.size - 65_600), file.size);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  let end = tail.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw wrong(file, "this is not an .npz file: it does not end in a zip's directory");
  let count = view.getUint16(end + 10, true);
  let size = view.getUint32(end + 12, true);
  let start = view.getUint32(end + 16, true);
  if (start === 0xffffffff || count === 0xffff) {
    const locator = end - 20;
    if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) throw wrong(file, "the zip's directory is broken");
    const at = Number(view.getBigUint64(locator + 8, true));
    const record = await file.read(at, at + 56);
    const r = new DataView(record.buffer, record.byteOffset, 56);
    count = Number(r.getBigUint64(32, true));
    size = Number(r.getBigUint64(40, true));
    start = Number(r.getBigUint64(48, true));
  }
  // A dictionary has five arrays a layer; 10,000 lets any model through that keeps all layers in one file.
  if (count > 10_000 || size > 4_000_000) throw wrong(file, `the zip claims ${count} files in a list of ${size} bytes`);
  const list = await file.read(start, start + size);
  const v = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const entries: Entry[] = [];
  for (let at = 0, i = 0; i < count; i++) {
    if (at + 46 > list.length || v.getUint32(at, true) !== 0x02014b50)
      throw wrong(file, "the zip's directory is broken");
    const method = v.getUint16(at + 10, true);
    const flags = v.getUint16(at + 8, true);
    const nameLength = v.getUint16(at + 28, true);
    const extraLength = v.getUint16(at + 30, true);
    const name = new TextDecoder().decode(list.subarray(at + 46, at + 46 + nameLength));
    let packed = v.getUint32(at + 20, true);
    let whole = v.getUint32(at + 24, true);
    let local = v.getUint32(at + 42, true);
    const extraEnd = Math.min(list.length, at + 46 + nameLength + extraLength);
    for (let x = at + 46 + nameLength; x + 4 <= extraEnd; x += 4 + v.getUint16(x + 2, true)) {
      if (v.getUint16(x, true) !== 1) continue;
      let field = x + 4;
      const next = () => {
        if (field + 8 > extraEnd) throw wrong(file, "the zip's directory is broken");
        field += 8;
        return Number(v.getBigUint64(field - 8, true));
      };
      if (whole === 0xffffffff) whole = next();
      if (packed === 0xffffffff) packed = next();
      if (local === 0xffffffff) local = next();
    }
    if (flags & 1) throw wrong(file, `${name} is encrypted`);
    if (method !== 0 && method !== 8)
      throw wrong(file, `${name} is packed by method ${method}, not stored or deflated`);
    const head = await file.read(local, local + 30);
    const h = new DataView(head.buffer, head.byteOffset, 30);
    if (h.getUint32(0, true) !== 0x04034b50) throw wrong(file, `${name} does not start where the zip says`);
    const from = local + 30 + h.getUint16(26, true) + h.getUint16(28, true);
    if (from + packed > file.size)
      throw wrong(file, `${name} ends at byte ${from + packed}, but the file has ${file.size}`);
    if (method === 0 && packed !== whole)
      throw wrong(file, `${name} is stored in ${packed} bytes, but claims ${whole}`);
    entries.push({ name, method, start: from, packed, size: whole });
    at += 46 + nameLength + extraLength + v.getUint16(at + 32, true);
  }
  return entries;
}

/** The first `wanted` bytes of an entry at least; a stream that gives more than the directory claims is refused. */
async function inflate(file: Bytes, entry: Entry, wanted: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate(data => {
    parts.push(data);
    length += data.length;
    if (length > entry.size) throw wrong(file, `${entry.name} holds more than the ${entry.size} bytes that it claims`);
  });
  const step = 1 << 20;
  try {
    for (let at = 0; at < entry.packed && length < wanted; at += step) {
      const end = Math.min(entry.packed, at + step);
      stream.push(await file.read(entry.start + at, entry.start + end), end === entry.packed);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw wrong(file, `${entry.name} cannot be unpacked`);
  }
  if (length < wanted) throw wrong(file, `${entry.name} holds ${length} bytes, but claims ${entry.size}`);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function arrayHeader(file: Bytes, entry: Entry, name: string): Promise<NumpyArray> {
  const first = Math.min(entry.size, 4096);
  const head =
    entry.method === 0 ? await file.read(entry.start, entry.start + first) : await inflate(file, entry, first);
  const magic = String.fromCharCode(...head.subarray(1, 6));
  if (head.length < 12 || head[0] !== 0x93 || magic !== "NUMPY")
    throw wrong(file, `${entry.name} is not a NumPy array`);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const long = head[6]! >= 2;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const dataStart = (long ? 12 : 10) + length;
  const text = new TextDecoder("latin1").decode(head.subarray(long ? 12 : 10, dataStart));
  const type = /'descr':\s*'([^']+)'/.exec(text)?.[1];
  const turned = /'fortran_order':\s*True/.test(text);
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (!type || sizes === undefined || dataStart > head.length)
    throw wrong(file, `the header of ${entry.name} is broken`);
  const shape = sizes.split(",").flatMap(n => (n.trim() === "" ? [] : [Number(n)]));
  const count = shape.reduce((product, n) => product * n, 1);
  const known = types[type];
  if (!Number.isSafeInteger(count) || (known && dataStart + count * known.bytes !== entry.size)) {
    throw wrong(file, `${entry.name} of shape [${shape.join(", ")}] in ${type} does not fill its ${entry.size} bytes`);
  }
  if (turned && shape.length > 2) throw wrong(file, `${entry.name} has ${shape.length} axes in Fortran's order`);
  return { name, shape, type, entry, dataStart, turned: turned && shape.length === 2 };
}
