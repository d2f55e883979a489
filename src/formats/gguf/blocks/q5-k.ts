/**
 * Q5_K: 256 weights in 8 groups of 32, `d s q - dmin m`.
 * As Q4_K, with 32 bytes of fifth bits before the nibbles: bit g of byte i belongs to weight i of group g.
 */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";
import { minOf, scaleOf } from "./scale-min.ts";

export const q5_k: BlockType = {
  id: 13,
  name: "Q5_K",
  weights: 256,
  bytes: 176,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 176) {
      const d = half[data[from]! | (data[from + 1]! << 8)]!;
      const dmin = half[data[from + 2]! | (data[from + 3]! << 8)]!;
      const fifth = from + 16;
      for (let group = 0, at = from + 48; group < 8; group += 2, at += 32, to += 64) {
        const s0 = d * scaleOf(data, from + 4, group);
        const m0 = dmin * minOf(data, from + 4, group);
        const s1 = d * scaleOf(data, from + 4, group + 1);
        const m1 = dmin * minOf(data, from + 4, group + 1);
        for (let i = 0; i < 32; i++) {
          const q = data[at + i]!;
          const bits = data[fifth + i]! >> group;
          out[to + i] = s0 * ((q & 15) | ((bits & 1) << 4)) - m0;
          out[to + i + 32] = s1 * ((q >> 4) | ((bits & 2) << 3)) - m1;
        }
      }
    }
  },
};
