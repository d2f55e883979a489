/**
 * What a unit depends on when two numbers are added, by the share of its variance that groups of sums explain: the pair
 * of ones digits, the ones of the sum, the ones of one number, the size.
 */
export type Kind = "look-up" | "sum, ones" | "one number's ones" | "size" | "other";

export interface UnitOnes {
  readonly layer: number;
  readonly index: number;
  readonly kind: Kind;
  /** Share of its variance that the kind's groups explain. */
  readonly share: number;
  /** How much it varies over the sums. */
  readonly spread: number;
}

/** More than half of the variance, or it is "other". */
const HALF = 0.5;

/** units [sum][layer][dMlp] → each unit's kind. Shares are corrected for the number of groups. */
export function kindsOf(
  sums: readonly { readonly a: number; readonly b: number }[],
  units: readonly Float32Array[][],
): UnitOnes[] {
  const groupings = {
    pair: sums.map(({ a, b }) => (a % 10) * 10 + (b % 10)),
    sum: sums.map(({ a, b }) => (a + b) % 10),
    first: sums.map(({ a }) => a % 10),
    second: sums.map(({ b }) => b % 10),
    size: sums.map(({ a, b }) => Math.floor((a + b) / 10)),
  };
  const layers = units[0]?.length ?? 0;
  const width = units[0]?.[0]?.length ?? 0;
  const out: UnitOnes[] = [];
  for (let layer = 0; layer < layers; layer++) {
    for (let index = 0; index < width; index++) {
      const values = Float64Array.from(units, u => u[layer]![index]!);
      const by = (group: readonly number[]) => explained(values, group);
      const [pair, sum, first, second, size] = [
        by(groupings.pair),
        by(groupings.sum),
        by(groupings.first),
        by(groupings.second),
        by(groupings.size),
      ];
      const one = Math.max(first, second);
      let kind: Kind = "other";
      let share = Math.max(pair, sum, one, size);
      if (sum >= HALF) [kind, share] = ["sum, ones", sum];
      else if (one >= HALF && one > 0.7 * pair) [kind, share] = ["one number's ones", one];
      else if (pair >= HALF) [kind, share] = ["look-up", pair];
      else if (size >= HALF) [kind, share] = ["size", size];
      out.push({ layer, index, kind, share, spread: deviation(values) });
    }
  }
  return out;
}

/** Share of the variance between groups, less what as many random groups would explain. */
export function explained(values: Float64Array, groups: readonly number[]): number {
  const n = values.length;
  const sums = new Map<number, { sum: number; count: number }>();
  let total = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const v = values[i]!;
    total += v;
    squares += v * v;
    const had = sums.get(groups[i]!);
    if (had) {
      had.sum += v;
      had.count++;
    } else sums.set(groups[i]!, { sum: v, count: 1 });
  }
  const variance = squares - (total * total) / n;
  if (variance <= 1e-12 * Math.max(squares, 1e-12)) return 0;
  let between = -(total * total) / n;
  for (const { sum, count } of sums.values()) between += (sum * sum) / count;
  const k = sums.size;
  if (n <= k) return 0;
  return Math.max(0, 1 - ((1 - between / variance) * (n - 1)) / (n - k));
}

function deviation(values: Float64Array): number {
  let sum = 0;
  let squares = 0;
  for (const v of values) {
    sum += v;
    squares += v * v;
  }
  const m = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - m * m));
}
