/**
 * Q6_K: 256 weights in 16 groups of 16, `d s (q - 32)`.
 * 128 bytes of nibbles, 64 bytes of the upper two bits, 16 signed bytes `s`, a half `d`.
 * Each half of 128 weights uses 64 and 32 of those bytes: weights i and i + 64 share a nibble byte, as do i + 32 and i + 96.
 */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const q6_k: BlockType = {
  id: 14,
  name: "Q6_K",
  weights: 256,
  bytes: 210,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 210) {
      const d = half[data[from + 208]! | (data[from + 209]! << 8)]!;
      // Four runs of 16 bytes: (half of the block, which 16 of its 32).
      for (let run = 0; run < 4; run++) {
        const side = (run & 1) << 4;
        const low = from + ((run >> 1) << 6) + side;
        const high = from + 128 + ((run >> 1) << 5) + side;
        const s = from + 192 + ((run >> 1) << 3) + (run & 1);
        const s0 = d * ((data[s]! << 24) >> 24);
        const s1 = d * ((data[s + 2]! << 24) >> 24);
        const s2 = d * ((data[s + 4]! << 24) >> 24);
        const s3 = d * ((data[s + 6]! << 24) >> 24);
        const at = to + ((run >> 1) << 7) + side;
        for (let i = 0; i < 16; i++) {
          const a = data[low + i]!;
          const c = data[low + 32 + i]!;
          const h = data[high + i]!;
          out[at + i] = s0 * (((a & 15) | ((h & 3) << 4)) - 32);
          out[at + i + 32] = s1 * (((c & 15) | ((h & 12) << 2)) - 32);
          out[at + i + 64] = s2 * (((a >> 4) | (h & 48)) - 32);
          out[at + i + 96] = s3 * (((c >> 4) | ((h & 192) >> 2)) - 32);
        }
      }
      to += 256;
    }
  },
};
