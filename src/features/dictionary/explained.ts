/** How much of what MLPs write a dictionary rebuilds on a prompt, and what to think of one that rebuilds nothing. */
import type { Dictionary } from "../../formats/dictionaries/dictionary.ts";

type Floats = Float32Array<ArrayBuffer>;

/** 1 − |out − known|² / |out − mean|², over positions that are not silent; NaN with fewer than two of them. */
export function explainedShare(out: Floats, known: Floats, silent: number, tokens: number, dModel: number): number {
  let missing = 0;
  let all = 0;
  for (let i = 0; i < dModel; i++) {
    let mean = 0;
    for (let p = silent; p < tokens; p++) mean += out[p * dModel + i]! / (tokens - silent);
    for (let p = silent; p < tokens; p++) {
      const at = p * dModel + i;
      missing += (out[at]! - known[at]!) ** 2;
      all += (out[at]! - mean) ** 2;
    }
  }
  return tokens - silent < 2 || all === 0 ? Number.NaN : 1 - missing / all;
}

/**
 * A dictionary of another model of the same shape, or for another hook, runs without a hitch and rebuilds nothing. That
 * is the one thing by which it can be told, and small or noisy dictionaries look the same: so it is a remark.
 */
export function doubts(
  dictionary: Dictionary,
  model: string,
  explained: readonly number[],
  positions: number,
): string[] {
  const known = explained.filter(v => Number.isFinite(v)).sort((a, b) => a - b);
  const middle = known[known.length >> 1];
  if (middle === undefined || middle > 0 || positions < 4) return [];
  const made = dictionary.madeFor ? ` It was made for ${dictionary.madeFor}.` : "";
  return [
    `on this prompt, ${dictionary.name} rebuilds the MLPs of ${model} worse than their mean would (share explained, median of layers: ${middle.toFixed(2)}): it may be for another model or another place.${made}`,
  ];
}
