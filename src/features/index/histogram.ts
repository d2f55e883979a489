/**
 * Histograms of many units whose range is not known beforehand: 64 bins from −range to range, range a power of two.
 * A value outside doubles the range, and bins merge in pairs about zero, which loses nothing but fineness: the greatest
 * value always lies in the outer half.
 */
export const bins = 64;
const half = bins / 2;

export class Histograms {
  readonly counts: Uint32Array;
  /** A power of two above every |value| of the unit; 0 while it has none. */
  readonly range: Float32Array;

  constructor(units: number) {
    this.counts = new Uint32Array(units * bins);
    this.range = new Float32Array(units);
  }

  /** Counts a value. Zero is not counted. */
  add(unit: number, value: number): void {
    if (value === 0) return;
    let range = this.range[unit]!;
    if (!(value < range && -value < range)) {
      const size = Math.abs(value);
      if (range === 0) range = 2 ** (Math.floor(Math.log2(size)) + 1);
      while (size >= range) {
        this.merge(unit);
        range *= 2;
      }
      this.range[unit] = range;
    }
    this.counts[unit * bins + (((value / range) * half + half) | 0)]!++;
  }

  private merge(unit: number): void {
    const counts = this.counts.subarray(unit * bins, (unit + 1) * bins);
    for (let i = 0; i < half / 2; i++) {
      counts[half + i] = counts[half + 2 * i]! + counts[half + 2 * i + 1]!;
      counts[half - 1 - i] = counts[half - 1 - 2 * i]! + counts[half - 2 - 2 * i]!;
    }
    counts.fill(0, half + half / 2);
    counts.fill(0, 0, half / 2);
  }

  /** How many values lie above `least` (≥ 0), counted by whole bins. */
  above(unit: number, least: number): number {
    const range = this.range[unit]!;
    if (range === 0) return 0;
    let sum = 0;
    for (let i = Math.max(half, Math.ceil((least / range) * half + half)); i < bins; i++)
      sum += this.counts[unit * bins + i]!;
    return sum;
  }
}
