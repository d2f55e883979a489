/** The little statistics of a report: shares with intervals, means with intervals, areas under curves. */
import { random } from "../core/random.ts";

export interface Share {
  readonly value: number;
  readonly n: number;
  /** 95 %. */
  readonly low: number;
  readonly high: number;
}

/** A share with Wilson's interval, which stays sensible at 0, at 1, and for small n. */
export function share(right: number, n: number): Share {
  if (n === 0) return { value: Number.NaN, n, low: 0, high: 1 };
  const z = 1.959964;
  const p = right / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { value: p, n, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

export const shareOf = (marks: readonly boolean[]): Share => share(marks.filter(Boolean).length, marks.length);

/** Beyond so many values, resampling gives the normal interval, and takes seconds. */
const mostResampled = 2_000;

/** A mean with the interval of 1,000 resamplings from a fixed seed, or the normal one for thousands of values. */
export function mean(values: readonly number[]): Share {
  const n = values.length;
  const value = average(values);
  if (n < 2) return { value, n, low: value, high: value };
  if (n > mostResampled) {
    const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - value) ** 2, 0) / (n - 1) / n);
    return { value, n, low: value - 1.959964 * spread, high: value + 1.959964 * spread };
  }
  const draw = random(n * 7919 + 1);
  const means = Array.from({ length: 1000 }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[Math.floor(draw() * n)]!;
    return sum / n;
  }).sort((a, b) => a - b);
  return { value, n, low: means[25]!, high: means[974]! };
}

export const average = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;

/** How often a positive has the higher score; ties count half. */
export function auroc(positive: readonly number[], negative: readonly number[]): number {
  if (positive.length === 0 || negative.length === 0) return Number.NaN;
  let wins = 0;
  for (const p of positive) for (const q of negative) wins += p > q ? 1 : p === q ? 0.5 : 0;
  return wins / (positive.length * negative.length);
}

export const percent = (v: number): string => (Number.isFinite(v) ? `${Math.round(100 * v)} %` : "–");

/** "82 % (74–88, n = 40)" */
export const withInterval = (s: Share): string =>
  s.n === 0 ? "no items" : `${percent(s.value)} (${Math.round(100 * s.low)}–${Math.round(100 * s.high)}, n = ${s.n})`;
