/** Q8_0: 32 weights `d q`; a half `d`, then 32 signed bytes. */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const q8_0: BlockType = {
  id: 8,
  name: "Q8_0",
  weights: 32,
  bytes: 34,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 34, to += 32) {
      const d = half[data[from]! | (data[from + 1]! << 8)]!;
      for (let i = 0; i < 32; i++) out[to + i] = d * ((data[from + 2 + i]! << 24) >> 24);
    }
  },
};
