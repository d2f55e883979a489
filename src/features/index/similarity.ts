/** Sketches of co-activation, centred and of equal length, so that the dot product of two is their correlation. */
import { type Collector, kept, sketchPlace } from "./collector.ts";

/** What length 127² stands for: rows are scaled to this, so 8 bits hold the largest entry of any row. */
const full = 127;

/** The sum of the signs of all windows in each bucket: what a unit that is always 1 would have. */
export function ones(windows: number, seed: number): Float64Array {
  const out = new Float64Array(kept.sketch);
  for (let w = 0; w < windows; w++) {
    const { bucket, sign } = sketchPlace(w, seed);
    out[bucket]! += sign;
  }
  return out;
}

/** [unit, sketch] in 8 bits. */
export function sketches(collector: Collector, windows: number, totals: Float64Array): Int8Array {
  const { units, sketch, peakSum } = collector;
  const out = new Int8Array(units * kept.sketch);
  const row = new Float64Array(kept.sketch);
  for (let u = 0; u < units; u++) {
    let length = 0;
    for (let b = 0; b < kept.sketch; b++) {
      row[b] = sketch[b * units + u]! - (peakSum[u]! / Math.max(1, windows)) * totals[b]!;
      length += row[b]! ** 2;
    }
    if (length === 0) continue;
    for (let b = 0; b < kept.sketch; b++) out[u * kept.sketch + b] = Math.round((row[b]! * full) / Math.sqrt(length));
  }
  return out;
}

/** Estimated correlation of two units' peaks over windows: ±1/√sketch. */
export function correlation(a: Int8Array, b: Int8Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0;
}
