/** From predicted and measured effects to a word (design §6), and whether two rankings agree. */
import type { VerdictWord } from "../document.ts";

/** Where 95 % of the controls lie: with few of them, between the outermost. */
export function controlRange(controls: readonly number[]): readonly [number, number] {
  const sorted = [...controls].sort((a, b) => a - b);
  const out = Math.floor(sorted.length * 0.025);
  return [sorted[out] ?? 0, sorted[sorted.length - 1 - out] ?? 0];
}

/**
 * confirmed: as predicted in sign, at least half as large, and outside what matched random sets do.
 * opposite: outside what they do, the other way. too weak to tell: neither the prediction nor what was measured stands
 * out from them. not confirmed: the rest.
 */
export function verdictWord(predicted: number, measured: number, controls: readonly number[]): VerdictWord {
  const [low, high] = controlRange(controls);
  const outside = (v: number) => v < low || v > high;
  if (!outside(measured)) return outside(predicted) ? "not confirmed" : "too weak to tell";
  if (measured * predicted < 0) return "opposite";
  return Math.abs(measured) >= 0.5 * Math.abs(predicted) && predicted !== 0 ? "confirmed" : "not confirmed";
}

/** Spearman's rank correlation, ties at their mean rank; undefined for fewer than three pairs or a constant side. */
export function spearman(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length < 3) return undefined;
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (a.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : undefined;
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const out = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let k = start; k < end; k++) out[order[k]!] = (start + end - 1) / 2;
    start = end;
  }
  return out;
}
