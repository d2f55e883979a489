/**
 * One unit's page in the index: plain data, as it is kept, shown and searched. Texts are by window number; the windows
 * of the corpus lie in a file of their own, once.
 */

import { type Collector, kept } from "./collector.ts";
import type { ExamplesLabel } from "./examples-label.ts";
import { bins } from "./histogram.ts";
import type { QuantileBand } from "./quantile-band.ts";
import { sampleKey } from "./quantile-sample.ts";
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
  /** A fair sample of weaker windows, by quantiles of the unit's peaks; a text of the strongest is not among them. */
  readonly quantiles: readonly QuantileBand[];
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
  const { histograms, sample, options } = collector;
  const range = histograms.range[unit]!;
  const max = collector.max[unit]!;
  const fires = options.signed ? histograms.above(unit, max / 10) : collector.active[unit]!;
  const first = unit * kept.top;
  const keys = new Set(
    Array.from({ length: kept.top }, (_, i) => first + i)
      .filter(s => collector.top.window[s]! >= 0)
      .map(s => sampleKey(collector.top.key[s]!, options.seed)),
  );
  const quantiles = sample.bandsOf(unit, keys).map(({ slots, ...band }): QuantileBand => {
    const examples = slots.flatMap(s => taken(sample.slots, s, 1, counted));
    return { ...band, examples: examples.sort((a, b) => b.value - a.value) };
  });
  return {
    layer,
    index: unit,
    max,
    min: collector.min[unit]!,
    mean: collector.sum[unit]! / Math.max(1, counted.tokens),
    density: max > 0 ? fires / Math.max(1, counted.tokens) : 0,
    histogram: { range, counts: Array.from(histograms.counts.subarray(unit * bins, (unit + 1) * bins)) },
    top: taken(collector.top, first, kept.top, counted).sort((a, b) => b.value - a.value),
    low: collector.low
      ? taken(collector.low, unit * kept.low, kept.low, counted).sort((a, b) => a.value - b.value)
      : [],
    quantiles,
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
