/** Q4_0: 32 weights `d (q - 8)`; a half `d`, then 16 bytes: low nibbles are the first 16 weights, high nibbles the rest. */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const q4_0: BlockType = {
  id: 2,
  name: "Q4_0",
  weights: 32,
  bytes: 18,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 18, to += 32) {
      const d = half[data[from]! | (data[from + 1]! << 8)]!;
      for (let i = 0; i < 16; i++) {
        const q = data[from + 2 + i]!;
        out[to + i] = d * ((q & 15) - 8);
        out[to + i + 16] = d * ((q >> 4) - 8);
      }
    }
  },
};
