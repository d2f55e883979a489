/**
 * Q4_K and Q5_K pack eight 6-bit scales and eight 6-bit minima in 12 bytes:
 * the first four of each in the low six bits of bytes 0-3 and 4-7, the others in nibbles of bytes 8-11
 * with their upper two bits in what the first eight bytes leave free.
 */

export function scaleOf(data: Uint8Array, at: number, group: number): number {
  return group < 4 ? data[at + group]! & 63 : (data[at + group + 4]! & 15) | ((data[at + group - 4]! >> 6) << 4);
}

export function minOf(data: Uint8Array, at: number, group: number): number {
  return group < 4 ? data[at + group + 4]! & 63 : (data[at + group + 4]! >> 4) | ((data[at + group]! >> 6) << 4);
}
