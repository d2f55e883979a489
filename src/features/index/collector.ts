/**
 * What the index knows of one layer's units while the corpus passes: how active they are, where most, and a fair sample
 * of where less. One pass; memory is fixed by the number of units and the window's length, whatever the corpus.
 *
 * - top (and, for signed units, low) examples: the windows with the most extreme peaks, the same text once;
 * - a sample of all windows where the unit fires, by quantiles of its peak in them (`quantile-sample.ts`);
 * - a histogram of all tokens, and a sketch of the peaks over windows from which correlations of units are read.
 *
 * The first token of a window is left out: models park attention there, and units fire on it whatever it is.
 */
import { Histograms } from "./histogram.ts";
import { perBand, QuantileSample, quantileEdges, sampleKey } from "./quantile-sample.ts";
import { Slots } from "./slots.ts";
import { hashOf, mix } from "./text-hash.ts";

export const kept = { top: 16, low: 8, edges: quantileEdges, perBand, sketch: 128 } as const;

export interface CollectorOptions {
  /** Most tokens of a window. */
  readonly length: number;
  readonly signed: boolean;
  readonly seed: number;
}

/** Units that are counted together: 128 histograms are 32 kB. */
const block = 128;

/** Tokens before and after the peak that make two examples one text. */
const before = 7;
const after = 2;

export class Collector {
  readonly units: number;
  readonly options: CollectorOptions;
  readonly histograms: Histograms;
  readonly top: Slots;
  readonly low: Slots | undefined;
  readonly sample: QuantileSample;
  readonly max: Float32Array;
  readonly min: Float32Array;
  /** Of values over tokens. */
  readonly sum: Float64Array;
  /** Tokens above zero. */
  readonly active: Uint32Array;
  /** Sums over windows of the most extreme value, and of its square. */
  readonly peakSum: Float64Array;
  readonly peakSquares: Float64Array;
  /** [bucket, unit] count sketch of the same. */
  readonly sketch: Float32Array;
  private readonly peak: Float32Array;
  private readonly dip: Float32Array;
  private readonly peakAt: Uint16Array;
  private readonly dipAt: Uint16Array;
  private readonly topFloor: Float32Array;
  private readonly lowFloor: Float32Array;

  constructor(units: number, options: CollectorOptions) {
    this.units = units;
    this.options = options;
    this.histograms = new Histograms(units);
    this.top = new Slots(units, kept.top, options.length);
    this.low = options.signed ? new Slots(units, kept.low, options.length) : undefined;
    this.sample = new QuantileSample(units, options.length);
    this.max = new Float32Array(units);
    this.min = new Float32Array(units);
    this.sum = new Float64Array(units);
    this.active = new Uint32Array(units);
    this.peakSum = new Float64Array(units);
    this.peakSquares = new Float64Array(units);
    this.sketch = new Float32Array(units * kept.sketch);
    this.peak = new Float32Array(units);
    this.dip = new Float32Array(units);
    this.peakAt = new Uint16Array(units);
    this.dipAt = new Uint16Array(units);
    this.topFloor = new Float32Array(units);
    this.lowFloor = new Float32Array(units);
  }

  /** Everything that a checkpoint has to keep, in a fixed order. */
  arrays(): ArrayBufferView[] {
    return [
      this.histograms.counts,
      this.histograms.range,
      ...this.top.arrays(),
      ...(this.low?.arrays() ?? []),
      ...this.sample.arrays(),
      this.max,
      this.min,
      this.sum,
      this.active,
      this.peakSum,
      this.peakSquares,
      this.sketch,
      this.topFloor,
      this.lowFloor,
    ];
  }

  /**
   * One window: its number in the corpus, its ids, and the activations values[start + token · units + unit].
   */
  add(window: number, ids: readonly number[], values: Float32Array, start: number): void {
    const { units, peak, dip, peakAt, dipAt, histograms, sum, active } = this;
    peak.fill(0);
    dip.fill(0);
    // A block of units at a time, all tokens: what is kept of a block stays in the processor's nearest memory.
    for (let first = 0; first < units; first += block) {
      const end = Math.min(units, first + block);
      for (let t = 1; t < ids.length; t++) {
        const row = start + t * units;
        for (let u = first; u < end; u++) {
          const v = values[row + u]!;
          if (v === 0) continue;
          // No branch on the sign, which nobody can foretell: a peak is never below zero, a dip never above.
          active[u]! += +(v > 0);
          if (v > peak[u]!) {
            peak[u] = v;
            peakAt[u] = t;
          } else if (v < dip[u]!) {
            dip[u] = v;
            dipAt[u] = t;
          }
          sum[u]! += v;
          histograms.add(u, v);
        }
      }
    }
    const keys = Uint32Array.from(ids, (_, t) => {
      return hashOf(ids, Math.max(0, t - before), Math.min(ids.length, t + after + 1));
    });
    const sampleKeys = keys.map(key => sampleKey(key, this.options.seed));
    const places = sketchPlace(window, this.options.seed);
    for (let u = 0; u < units; u++) {
      const high = peak[u]!;
      const deep = dip[u]!;
      if (high > this.max[u]!) this.max[u] = high;
      if (deep < this.min[u]!) this.min[u] = deep;
      const extreme = -deep > high ? deep : high;
      this.peakSum[u]! += extreme;
      this.peakSquares[u]! += extreme * extreme;
      this.sketch[places.bucket * units + u]! += places.sign * extreme;
      if (high > this.topFloor[u]!)
        this.offer(this.top, this.topFloor, 1, u, window, peakAt[u]!, keys, values, start, ids.length);
      if (high > 0) {
        const at = peakAt[u]!;
        const found = { window, at, key: sampleKeys[at]!, value: high };
        this.sample.add(u, found, values, start + u, units, ids.length);
      }
      if (this.low && -deep > this.lowFloor[u]!)
        this.offer(this.low, this.lowFloor, -1, u, window, dipAt[u]!, keys, values, start, ids.length);
    }
  }

  /** Into the extremes: `floor` is what a newcomer has to beat, 0 until all slots are taken. */
  private offer(
    slots: Slots,
    floor: Float32Array,
    sign: 1 | -1,
    unit: number,
    window: number,
    at: number,
    keys: Uint32Array,
    values: Float32Array,
    start: number,
    tokens: number,
  ): void {
    const first = unit * slots.slots;
    const key = keys[at]!;
    const value = sign * values[start + at * this.units + unit]!;
    let place = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let s = first; s < first + slots.slots; s++) {
      const had = slots.window[s]! < 0 ? -1 : sign * slots.value[s]!;
      if (had >= 0 && slots.key[s] === key) {
        // The same text again: the stronger of the two stays.
        if (had >= value) return;
        place = s;
        break;
      }
      if (had < least) {
        least = had;
        place = s;
      }
    }
    slots.put(place, window, at, key, values, start + unit, this.units, tokens);
    let next = Number.POSITIVE_INFINITY;
    for (let s = first; s < first + slots.slots; s++)
      next = Math.min(next, slots.window[s]! < 0 ? 0 : sign * slots.value[s]!);
    floor[unit] = next;
  }
}

/** Where the count sketch adds a window, and with which sign. */
export function sketchPlace(window: number, seed: number): { bucket: number; sign: 1 | -1 } {
  const h = mix(window + 1 + Math.imul(seed + 1, 0x9e3779b1));
  return { bucket: h % kept.sketch, sign: h & 0x40000000 ? 1 : -1 };
}
