/**
 * Q4_K: 256 weights in 8 groups of 32, `d s q - dmin m`.
 * Halves `d` and `dmin`, 12 bytes of `s` and `m` (scale-min.ts), 128 bytes: 32 of them hold two groups, low and high nibbles.
 */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";
import { minOf, scaleOf } from "./scale-min.ts";

export const q4_k: BlockType = {
  id: 12,
  name: "Q4_K",
  weights: 256,
  bytes: 144,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 144) {
      const d = half[data[from]! | (data[from + 1]! << 8)]!;
      const dmin = half[data[from + 2]! | (data[from + 3]! << 8)]!;
      for (let group = 0, at = from + 16; group < 8; group += 2, at += 32, to += 64) {
        const s0 = d * scaleOf(data, from + 4, group);
        const m0 = dmin * minOf(data, from + 4, group);
        const s1 = d * scaleOf(data, from + 4, group + 1);
        const m1 = dmin * minOf(data, from + 4, group + 1);
        for (let i = 0; i < 32; i++) {
          const q = data[at + i]!;
          out[to + i] = s0 * (q & 15) - m0;
          out[to + i + 32] = s1 * (q >> 4) - m1;
        }
      }
    }
  },
};
