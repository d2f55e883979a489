/** Q4_1: 32 weights `d q + m`; halves `d` and `m`, then 16 bytes of nibbles as in Q4_0. */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const q4_1: BlockType = {
  id: 3,
  name: "Q4_1",
  weights: 32,
  bytes: 20,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 20, to += 32) {
      const d = half[data[from]! | (data[from + 1]! << 8)]!;
      const m = half[data[from + 2]! | (data[from + 3]! << 8)]!;
      for (let i = 0; i < 16; i++) {
        const q = data[from + 4 + i]!;
        out[to + i] = d * (q & 15) + m;
        out[to + i + 16] = d * (q >> 4) + m;
      }
    }
  },
};
