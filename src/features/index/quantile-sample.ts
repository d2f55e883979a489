/**
 * A fair sample of the windows where units fire, by quantiles of how strongly: a few from the weaker half, and a few
 * from each of ever thinner bands above it. One pass; memory is fixed by the number of units.
 *
 * 1. Every peak is counted in a bin a quarter of an octave wide, so quantiles are known at any time, to a part of a bin.
 * 2. A band's bounds are read from these counts anew whenever its unit has fired an eighth more often.
 * 3. In each band the windows with the smallest hash of their text stay: a uniform sample, the same in every run,
 *    whatever the order within the band, and a text that comes twice is one. While a band has too few, others lend it
 *    their places.
 *
 * Bounds that move make the sample a little unfair to windows that came while they moved; a test says by how much.
 */
import { Slots } from "./slots.ts";
import { mix } from "./text-hash.ts";

/** Where bands end: half of all windows that fire lie in the first, a hundredth in the last. */
export const quantileEdges = [0.5, 0.8, 0.95, 0.99] as const;
export const perBand = 3;

const bands = quantileEdges.length + 1;
const places = bands * perBand;

/** Bins of a unit: 16 octaves below its strongest peak; the last holds all that is weaker still. */
const bins = 64;
/** The bits of a positive float32, in order of size: exponent and the first two of the mantissa, so four bins an octave. */
const dropped = 21;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

const codeOf = (value: number): number => {
  float[0] = value;
  return bits[0]! >>> dropped;
};
const lowest = (code: number): number => {
  bits[0] = code << dropped;
  return float[0]!;
};

/** A text's key in the sample: another order than the one that tells texts apart, and another in each seed. */
export const sampleKey = (text: number, seed: number): number => mix(text ^ Math.imul(seed + 1, 0x27d4eb2f));

/** A key that every other is below: a place is free. */
const free = 0xffffffff;

export interface Peak {
  readonly window: number;
  /** Token of the peak, and its text's key. */
  readonly at: number;
  readonly key: number;
  /** Above zero. */
  readonly value: number;
}

export interface Band {
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
  /** Places in `slots`. */
  readonly slots: readonly number[];
}

export class QuantileSample {
  readonly slots: Slots;
  /** Windows in which the unit fires. */
  readonly fired: Uint32Array;
  /** [unit, bin] the strongest first. */
  private readonly counts: Uint32Array;
  /** The strongest peak, which lies in the first bin. */
  private readonly most: Float32Array;
  /** [unit, edge] where bands end, as last read. */
  private readonly bounds: Float32Array;
  /** When they are read next. */
  private readonly next: Uint32Array;
  /** [unit, band] what a newcomer's key has to be below. */
  private readonly limits: Uint32Array;
  // Of the unit that was looked at last, by band: how many it has, the largest key and its place; and an empty place.
  private readonly held = new Uint8Array(bands);
  private readonly largest = new Float64Array(bands);
  private readonly largestAt = new Int32Array(bands);
  private empty = -1;

  constructor(units: number, length: number) {
    this.slots = new Slots(units, places, length);
    this.fired = new Uint32Array(units);
    this.counts = new Uint32Array(units * bins);
    this.most = new Float32Array(units);
    this.bounds = new Float32Array(units * quantileEdges.length);
    this.next = new Uint32Array(units);
    this.limits = new Uint32Array(units * bands).fill(free);
  }

  /** Everything that a checkpoint has to keep, in a fixed order. */
  arrays(): ArrayBufferView[] {
    return [...this.slots.arrays(), this.fired, this.counts, this.most, this.bounds, this.next, this.limits];
  }

  /** One window where the unit fires. Activations are values[start], values[start + stride], ...: `tokens` of them. */
  add(unit: number, peak: Peak, values: Float32Array, start: number, stride: number, tokens: number): void {
    this.count(unit, peak.value);
    if (this.fired[unit]! >= this.next[unit]!) this.readBounds(unit);
    const band = this.band(unit, peak.value);
    if (peak.key >= this.limits[unit * bands + band]!) return;
    const { slots, held } = this;
    for (let s = unit * places; s < (unit + 1) * places; s++)
      if (slots.window[s]! >= 0 && slots.key[s] === peak.key) return;
    this.look(unit);
    let place = this.empty;
    if (place < 0) {
      // A band that lacks some takes the place of one that has more than its share; else the largest key of its own goes.
      let from = band;
      if (held[band]! < perBand) for (let b = 0; b < bands; b++) if (held[b]! > held[from]!) from = b;
      place = this.largestAt[from]!;
    }
    slots.put(place, peak.window, peak.at, peak.key, values, start, stride, tokens);
    this.setLimits(unit);
  }

  private count(unit: number, value: number): void {
    const code = codeOf(value);
    const row = this.counts.subarray(unit * bins, (unit + 1) * bins);
    const by = code - codeOf(this.most[unit]!);
    if (by > 0) {
      const before = row.slice();
      row.fill(0);
      for (let i = 0; i < bins; i++) row[Math.min(bins - 1, i + by)]! += before[i]!;
    }
    if (value > this.most[unit]!) this.most[unit] = value;
    row[Math.min(bins - 1, Math.max(0, -by))]!++;
    this.fired[unit]!++;
  }

  private band(unit: number, value: number): number {
    const { bounds } = this;
    const at = unit * quantileEdges.length;
    let band = 0;
    while (band < bands - 1 && value >= bounds[at + band]!) band++;
    return band;
  }

  private readBounds(unit: number): void {
    this.bounds.set(this.quantiles(unit), unit * quantileEdges.length);
    const fired = this.fired[unit]!;
    this.next[unit] = fired + Math.max(1, fired >> 3);
    this.setLimits(unit);
  }

  /** [edge] the peak below which that share of the unit's peaks lies; 0 for a unit that never fired. */
  private quantiles(unit: number): number[] {
    const row = this.counts.subarray(unit * bins, (unit + 1) * bins);
    const fired = this.fired[unit]!;
    let bin = bins - 1;
    let below = 0;
    return quantileEdges.map(edge => {
      const wanted = edge * fired;
      while (bin > 0 && below + row[bin]! < wanted) below += row[bin--]!;
      const code = codeOf(this.most[unit]!) - bin;
      const low = bin === bins - 1 ? 0 : lowest(code);
      const high = bin === 0 ? this.most[unit]! : lowest(code + 1);
      return row[bin]! === 0 ? low : low + ((high - low) * (wanted - below)) / row[bin]!;
    });
  }

  /** What each band of a unit has, for `limits` and for whoever looks for a place. */
  private look(unit: number): void {
    const { slots, held, largest, largestAt } = this;
    held.fill(0);
    largest.fill(-1);
    this.empty = -1;
    for (let s = unit * places; s < (unit + 1) * places; s++) {
      if (slots.window[s]! < 0) {
        this.empty = s;
        continue;
      }
      const band = this.band(unit, slots.value[s]!);
      held[band]!++;
      if (slots.key[s]! <= largest[band]!) continue;
      largest[band] = slots.key[s]!;
      largestAt[band] = s;
    }
  }

  private setLimits(unit: number): void {
    this.look(unit);
    for (let band = 0; band < bands; band++)
      this.limits[unit * bands + band] = this.empty >= 0 || this.held[band]! < perBand ? free : this.largest[band]!;
  }

  /**
   * The bands of a unit with what was kept of each, by the bounds of all that has been counted; empty ones left out.
   * @param elsewhere keys of texts that are shown elsewhere
   */
  bandsOf(unit: number, elsewhere: ReadonlySet<number>): Band[] {
    const { slots } = this;
    const edges = [0, ...this.quantiles(unit), this.most[unit]!];
    const shares = [0, ...quantileEdges, 1];
    const found: Band[] = [];
    for (let band = 0; band < bands; band++) {
      const [from, to] = [edges[band]!, edges[band + 1]!];
      const last = band === bands - 1;
      const inside: number[] = [];
      for (let s = unit * places; s < (unit + 1) * places; s++) {
        const value = slots.value[s]!;
        if (slots.window[s]! < 0 || elsewhere.has(slots.key[s]!)) continue;
        if (value >= from && (last || value < to)) inside.push(s);
      }
      inside.sort((a, b) => slots.key[a]! - slots.key[b]!);
      if (inside.length > 0)
        found.push({ low: shares[band]!, high: shares[band + 1]!, from, to, slots: inside.slice(0, perBand) });
    }
    return found;
  }
}
