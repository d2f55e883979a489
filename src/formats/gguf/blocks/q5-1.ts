/** Q5_1: 32 weights `d q + m`; halves `d` and `m`, 32 fifth bits, then 16 bytes of nibbles as in Q4_0. */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const q5_1: BlockType = {
  id: 7,
  name: "Q5_1",
  weights: 32,
  bytes: 24,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 24, to += 32) {
      const d = half[data[from]! | (data[from + 1]! << 8)]!;
      const m = half[data[from + 2]! | (data[from + 3]! << 8)]!;
      const first = data[from + 4]! | (data[from + 5]! << 8);
      const rest = data[from + 6]! | (data[from + 7]! << 8);
      for (let i = 0; i < 16; i++) {
        const q = data[from + 8 + i]!;
        out[to + i] = d * ((q & 15) | (((first >> i) & 1) << 4)) + m;
        out[to + i + 16] = d * ((q >> 4) | (((rest >> i) & 1) << 4)) + m;
      }
    }
  },
};
