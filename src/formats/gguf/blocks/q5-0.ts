/** Q5_0: 32 weights `d (q - 16)`; a half `d`, 32 fifth bits, then 16 bytes of nibbles as in Q4_0. */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const q5_0: BlockType = {
  id: 6,
  name: "Q5_0",
  weights: 32,
  bytes: 22,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 22, to += 32) {
      const d = half[data[from]! | (data[from + 1]! << 8)]!;
      const first = data[from + 2]! | (data[from + 3]! << 8);
      const rest = data[from + 4]! | (data[from + 5]! << 8);
      for (let i = 0; i < 16; i++) {
        const q = data[from + 6 + i]!;
        out[to + i] = d * (((q & 15) | (((first >> i) & 1) << 4)) - 16);
        out[to + i + 16] = d * (((q >> 4) | (((rest >> i) & 1) << 4)) - 16);
      }
    }
  },
};
