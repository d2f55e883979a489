/**
 * Sixteen-bit floats, widened to float32: IEEE half precision by a table of all 65,536 values, bfloat16 by a shift.
 *
 * Files are little-endian and so is every machine that Node and browsers run on in practice.
 */

let table: Float32Array | undefined;

/** The float32 value of every half-precision bit pattern. Made at first use (under 2 ms), 256 KiB. */
export function halfTable(): Float32Array {
  if (table) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}

/** `count` half-precision values from byte `from` on, into `out` from element `to` on. */
export function widenHalf(data: Uint8Array, from: number, count: number, out: Float32Array, to: number): void {
  const values = halfTable();
  for (let i = 0; i < count; i++, from += 2) out[to + i] = values[data[from]! | (data[from + 1]! << 8)]!;
}

/** `count` bfloat16 values: the upper half of a float32's bits. */
export function widenBrain(data: Uint8Array, from: number, count: number, out: Float32Array, to: number): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < count; i++, from += 2) bits[to + i] = ((data[from]! << 16) | (data[from + 1]! << 24)) >>> 0;
}

/** `count` float32 values: a copy of bytes, so the source need not be aligned. */
export function copySingle(data: Uint8Array, from: number, count: number, out: Float32Array, to: number): void {
  new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(data.subarray(from, from + 4 * count), 4 * to);
}

/** `count` float64 values, rounded to float32. */
export function narrowDouble(data: Uint8Array, from: number, count: number, out: Float32Array, to: number): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let i = 0; i < count; i++) out[to + i] = view.getFloat64(from + 8 * i, true);
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The nearest half-precision bit pattern (ties to even); past 65,504 it is infinity. */
export function toHalf(value: number): number {
  single[0] = value;
  const bits = singleBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65,520 lies half-way between the largest half and the next that there would be.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 halves are evenly spaced by 2^-24.
  if (magnitude < 0x38800000) return sign | roundHalfEven(Math.abs(single[0]!) * 2 ** 24);
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Float32 values as little-endian half precision. */
export function narrowHalf(values: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint16Array.from(values, toHalf).buffer);
}
