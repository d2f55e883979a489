/** Units like one: those that write the same direction, and those that fire in the same texts. */
import { correlation } from "../index/similarity.ts";

export interface Near {
  readonly layer: number;
  readonly index: number;
  /** Cosine of decoders, or estimated correlation of peaks: −1 to 1. */
  readonly score: number;
}

/** The n units of largest |cosine| with `of` [width] among `rows` [unit, width]; sign kept. */
export function nearestRows(of: Float32Array, rows: Float32Array, layer: number): Near[] {
  const width = of.length;
  const own = Math.hypot(...of) || 1;
  const found: Near[] = [];
  for (let u = 0; u * width < rows.length; u++) {
    let dot = 0;
    let length = 0;
    for (let i = 0; i < width; i++) {
      const v = rows[u * width + i]!;
      dot += v * of[i]!;
      length += v * v;
    }
    found.push({ layer, index: u, score: length > 0 ? dot / (own * Math.sqrt(length)) : 0 });
  }
  return found;
}

/** The same by co-activation sketches [unit, sketch]. */
export function nearestSketches(of: Int8Array, rows: Int8Array, layer: number): Near[] {
  const width = of.length;
  return Array.from({ length: rows.length / width }, (_, u) => ({
    layer,
    index: u,
    score: correlation(of, rows.subarray(u * width, (u + 1) * width)),
  }));
}

/** The n strongest, whichever sign, without the unit itself. */
export function strongestOf(found: readonly Near[], n: number, self: { layer: number; index: number }): Near[] {
  return found
    .filter(f => f.layer !== self.layer || f.index !== self.index)
    .sort((a, b) => Math.abs(b.score) - Math.abs(a.score))
    .slice(0, n);
}
