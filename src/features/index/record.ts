/**
 * One unit's page in the index: plain data, as it is kept, shown and searched. Texts are by window number; the windows
 * of the corpus lie in a file of their own, once.
 */

import { type Collector, kept } from "./collector.ts";
import type { ExamplesLabel } from "./examples-label.ts";
import { bins } from "./histogram.ts";
import type { Slots } from "./slots.ts";

export interface Example {
  readonly window: number;
  /** Token of the window where the unit peaks. */
  readonly at: number;
  readonly value: number;
  /** Of the activations: what 127 stands for. */
  readonly scale: number;
  /** [token] −127 to 127; the window's first token is left out (0). */
  readonly acts: readonly number[];
}

export interface Spread {
  /** Peaks of these examples lie in [from, to). */
  readonly from: number;
  readonly to: number;
  readonly examples: readonly Example[];
}

export interface TokenWord {
  readonly id: number;
  readonly text: string;
  readonly z: number;
}

export interface UnitRecord {
  readonly layer: number;
  readonly index: number;
  readonly max: number;
  readonly min: number;
  /** Over tokens. */
  readonly mean: number;
  /** Share of tokens where it fires: above zero; of signed units, above a tenth of the greatest value (to a bin). */
  readonly density: number;
  readonly histogram: { readonly range: number; readonly counts: readonly number[] };
  /** Strongest first, the same text once. */
  readonly top: readonly Example[];
  /** The most negative, of signed units. */
  readonly low: readonly Example[];
  /** A fair sample of weaker windows, by halvings of the range. */
  readonly spread: readonly Spread[];
  readonly promotes?: readonly TokenWord[];
  readonly suppresses?: readonly TokenWord[];
  readonly label?: ExamplesLabel;
}

export interface Counted {
  /** Tokens that were counted: the first of each window is not. */
  readonly tokens: number;
  /** Tokens of a window. */
  length(window: number): number;
}

/** What the collector knows of a unit. `layer` is the model's layer. */
export function recordOf(collector: Collector, layer: number, unit: number, counted: Counted): UnitRecord {
  const { histograms, spread, options } = collector;
  const range = histograms.range[unit]!;
  const max = collector.max[unit]!;
  const fires = options.signed ? histograms.above(unit, max / 10) : collector.active[unit]!;
  const octaves: Spread[] = [];
  for (let octave = 0; octave < kept.octaves; octave++) {
    const first = (unit * kept.octaves + octave) * kept.perOctave;
    const examples = taken(spread, first, kept.perOctave, counted).sort((a, b) => b.value - a.value);
    const to = range / 2 ** octave;
    if (examples.length > 0) octaves.push({ from: octave === kept.octaves - 1 ? 0 : to / 2, to, examples });
  }
  return {
    layer,
    index: unit,
    max,
    min: collector.min[unit]!,
    mean: collector.sum[unit]! / Math.max(1, counted.tokens),
    density: max > 0 ? fires / Math.max(1, counted.tokens) : 0,
    histogram: { range, counts: Array.from(histograms.counts.subarray(unit * bins, (unit + 1) * bins)) },
    top: taken(collector.top, unit * kept.top, kept.top, counted).sort((a, b) => b.value - a.value),
    low: collector.low
      ? taken(collector.low, unit * kept.low, kept.low, counted).sort((a, b) => a.value - b.value)
      : [],
    spread: octaves,
  };
}

function taken(slots: Slots, first: number, count: number, counted: Counted): Example[] {
  const found: Example[] = [];
  for (let s = first; s < first + count; s++) {
    const window = slots.window[s]!;
    if (window < 0) continue;
    const acts = slots.acts.subarray(s * slots.length, s * slots.length + counted.length(window));
    found.push({
      window,
      at: slots.at[s]!,
      value: slots.value[s]!,
      scale: slots.scale[s]!,
      acts: Array.from(acts),
    });
  }
  return found;
}
