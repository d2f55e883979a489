/**
 * Q2_K: 256 weights in 16 groups of 16, `d s q - dmin m`.
 * 16 bytes of 4-bit `s` (low) and `m` (high), 64 bytes of 2-bit `q`, halves `d` and `dmin`.
 * Byte i of a half's 32 holds weights i, i + 32, i + 64, i + 96 of that half's 128, two bits each.
 */
import { halfTable } from "../../half.ts";
import type { BlockType } from "./block-type.ts";

export const q2_k: BlockType = {
  id: 10,
  name: "Q2_K",
  weights: 256,
  bytes: 84,
  dequantise(data, from, blocks, out, to) {
    const half = halfTable();
    for (let b = 0; b < blocks; b++, from += 84) {
      const d = half[data[from + 80]! | (data[from + 81]! << 8)]!;
      const dmin = half[data[from + 82]! | (data[from + 83]! << 8)]!;
      for (let group = 0; group < 16; group++, to += 16) {
        const scale = data[from + group]!;
        const s = d * (scale & 15);
        const m = dmin * (scale >> 4);
        const at = from + 16 + ((group >> 3) << 5) + ((group & 1) << 4);
        const shift = group & 6;
        for (let i = 0; i < 16; i++) out[to + i] = s * ((data[at + i]! >> shift) & 3) - m;
      }
    }
  },
};
