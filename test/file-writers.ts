/**
 * Small GGUF and safetensors files in memory, for tests of their readers. Written from the formats' descriptions,
 * not from the readers.
 */

/** Bytes one after another, little-endian. */
class Out {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  bytes(data: Uint8Array): this {
    this.#parts.push(data);
    this.length += data.length;
    return this;
  }
  number(size: number, write: (view: DataView) => void): this {
    const data = new Uint8Array(size);
    write(new DataView(data.buffer));
    return this.bytes(data);
  }
  u32 = (n: number): this => this.number(4, view => view.setUint32(0, n, true));
  u64 = (n: number | bigint): this => this.number(8, view => view.setBigUint64(0, BigInt.asUintN(64, BigInt(n)), true));
  string(text: string): this {
    const data = new TextEncoder().encode(text);
    return this.u64(data.length).bytes(data);
  }
  padTo = (multiple: number): this => this.bytes(new Uint8Array((multiple - (this.length % multiple)) % multiple));
  done(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** A metadata value with its type, as the format names types. */
export type Typed =
  | { u8: number }
  | { i8: number }
  | { u16: number }
  | { i16: number }
  | { u32: number }
  | { i32: number }
  | { f32: number }
  | { bool: boolean }
  | { string: string }
  | { u64: number | bigint }
  | { i64: number | bigint }
  | { f64: number }
  /** All of one type; `of` names it when the list is empty. */
  | { array: Typed[]; of?: number };

const types = ["u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"];
const typeOf = (value: Typed): number => types.indexOf(Object.keys(value)[0]!);

function writeValue(out: Out, value: Typed): void {
  if ("array" in value) {
    out.u32(value.of ?? typeOf(value.array[0]!)).u64(value.array.length);
    for (const one of value.array) writeValue(out, one);
  } else if ("string" in value) out.string(value.string);
  else if ("bool" in value) out.bytes(new Uint8Array([value.bool ? 1 : 0]));
  else if ("u8" in value) out.bytes(new Uint8Array([value.u8]));
  else if ("i8" in value) out.bytes(new Uint8Array(new Int8Array([value.i8]).buffer));
  else if ("u16" in value) out.number(2, view => view.setUint16(0, value.u16, true));
  else if ("i16" in value) out.number(2, view => view.setInt16(0, value.i16, true));
  else if ("u32" in value) out.u32(value.u32);
  else if ("i32" in value) out.number(4, view => view.setInt32(0, value.i32, true));
  else if ("f32" in value) out.number(4, view => view.setFloat32(0, value.f32, true));
  else if ("u64" in value) out.u64(value.u64);
  else if ("i64" in value) out.u64(value.i64);
  else out.number(8, view => view.setFloat64(0, value.f64, true));
}

export interface GgufTensorSpec {
  name: string;
  /** ggml's order. */
  dims: number[];
  /** ggml's number; 0 is F32. */
  type: number;
  data: Uint8Array;
  /** Instead of the right one. */
  offset?: number | bigint;
}

export function ggufFile(spec: {
  metadata: Record<string, Typed> | [string, Typed][];
  tensors?: GgufTensorSpec[];
  version?: number;
  alignment?: number;
  /** Instead of the right ones. */
  counts?: { tensors?: number | bigint; metadata?: number | bigint };
}): Uint8Array<ArrayBuffer> {
  const { tensors = [], version = 3, alignment = 32, counts = {} } = spec;
  const metadata = Array.isArray(spec.metadata) ? spec.metadata : Object.entries(spec.metadata);
  const out = new Out().bytes(new TextEncoder().encode("GGUF")).u32(version);
  out.u64(counts.tensors ?? tensors.length).u64(counts.metadata ?? metadata.length);
  for (const [key, value] of metadata) {
    out.string(key).u32(typeOf(value));
    writeValue(out, value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    out.string(tensor.name).u32(tensor.dims.length);
    for (const dim of tensor.dims) out.u64(dim);
    out.u32(tensor.type).u64(tensor.offset ?? offset);
    offset += Math.ceil(tensor.data.length / alignment) * alignment;
  }
  out.padTo(alignment);
  for (const tensor of tensors) out.bytes(tensor.data).padTo(alignment);
  return out.done();
}

/** Float32 numbers as bytes. */
export const f32Bytes = (values: ArrayLike<number>): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

/** A safetensors file with that header (an object, or any text) and those data. */
export function safetensorsFile(
  header: unknown,
  data: Uint8Array = new Uint8Array(),
  length?: number | bigint,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  return new Out()
    .u64(length ?? text.length)
    .bytes(text)
    .bytes(data)
    .done();
}
