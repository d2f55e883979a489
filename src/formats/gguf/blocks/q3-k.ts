/**
 * Q3_K: 256 weights in 16 groups of 16, `d (s - 32) (q - 4)`.
 * 32 bytes of third bits, 64 bytes of 2-bit `q` (as in Q2_K), 12 bytes of 6-bit `s`, a half `d`.
 * The third bit of weight i of group pair g is bit g of byte i of the first 32.
 */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const q3_k: BlockType = {
  id: 11,
  name: "Q3_K",
  weights: 256,
  bytes: 110,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 110) {
      const d = half[data[from + 108]! | (data[from + 109]! << 8)]!;
      const scales = from + 96;
      for (let group = 0; group < 16; group++, to += 16) {
        const low = group < 8 ? data[scales + group]! & 15 : data[scales + group - 8]! >> 4;
        const high = (data[scales + 8 + (group & 3)]! >> ((group >> 2) << 1)) & 3;
        const s = d * ((low | (high << 4)) - 32);
        const third = from + ((group & 1) << 4);
        const at = third + 32 + ((group >> 3) << 5);
        const bit = group >> 1;
        const shift = group & 6;
        for (let i = 0; i < 16; i++)
          out[to + i] = s * (((data[at + i]! >> shift) & 3) + (((data[third + i]! >> bit) & 1) << 2) - 4);
      }
    }
  },
};
