/**
 * How well a number tells two groups apart: the share of pairs (one of each) that it puts in order, ties counted half.
 * 0.5 is chance, 1 always higher in the first group, 0 always lower. (Mann and Whitney's U, divided by the pairs.)
 */
import { random } from "../../core/random.ts";

export function auroc(on: ArrayLike<number>, off: ArrayLike<number>): number {
  if (on.length === 0 || off.length === 0) return 0.5;
  // Few pairs are counted, many are ranked: the search asks for some tens of texts and every unit.
  if (on.length * off.length <= 2500) {
    let won = 0;
    for (let i = 0; i < on.length; i++)
      for (let j = 0; j < off.length; j++) won += on[i]! > off[j]! ? 1 : on[i]! === off[j]! ? 0.5 : 0;
    return won / (on.length * off.length);
  }
  const all = [
    ...Array.from(on, value => ({ value, on: true })),
    ...Array.from(off, value => ({ value, on: false })),
  ].sort((a, b) => a.value - b.value);
  let sum = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j]!.value === all[i]!.value) j++;
    const rank = (i + j + 1) / 2;
    for (let k = i; k < j; k++) if (all[k]!.on) sum += rank;
    i = j;
  }
  return (sum - (on.length * (on.length + 1)) / 2) / (on.length * off.length);
}

/** Percentile bootstrap (groups resampled apart), from a seed. */
export function bootstrap(
  on: ArrayLike<number>,
  off: ArrayLike<number>,
  { rounds = 1000, level = 0.95, seed = 0 }: { rounds?: number; level?: number; seed?: number } = {},
): readonly [low: number, high: number] {
  const next = random(seed);
  const draw = (from: ArrayLike<number>) => Float64Array.from(from, () => from[Math.floor(next() * from.length)]!);
  const found = Float64Array.from({ length: rounds }, () => auroc(draw(on), draw(off))).sort();
  const at = (share: number) => found[Math.min(rounds - 1, Math.max(0, Math.round(share * (rounds - 1))))]!;
  return [at((1 - level) / 2), at((1 + level) / 2)];
}

/**
 * How often shuffled groups are at least as far from 0.5 in the asked direction: one-sided, never 0 (the groups as they
 * are count as one of the rounds).
 */
export function permutationP(
  on: ArrayLike<number>,
  off: ArrayLike<number>,
  { rounds = 4000, seed = 0 }: { rounds?: number; seed?: number } = {},
): number {
  const next = random(seed);
  const seen = auroc(on, off);
  const all = Float64Array.from([...Array.from(on), ...Array.from(off)]);
  let beaten = 1;
  for (let r = 0; r < rounds; r++) {
    for (let i = 0; i < on.length; i++) {
      const j = i + Math.floor(next() * (all.length - i));
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    if (auroc(all.subarray(0, on.length), all.subarray(on.length)) >= seen) beaten++;
  }
  return beaten / (rounds + 1);
}

/** [pair] the rank of |difference|, from 1; ties at their mean. */
function ranksOfDifferences(on: ArrayLike<number>, off: ArrayLike<number>): Float64Array {
  const size = Float64Array.from(on, (v, i) => Math.abs(v - off[i]!));
  const order = Array.from(size.keys()).sort((a, b) => size[a]! - size[b]!);
  const ranks = new Float64Array(size.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && size[order[j]!] === size[order[i]!]) j++;
    for (let k = i; k < j; k++) ranks[order[k]!] = (i + j + 1) / 2;
    i = j;
  }
  return ranks;
}

/**
 * Wilcoxon's signed ranks: how often pairs whose forms change places at random give the first form as large a sum of
 * ranks of differences. One-sided, never 0; pairs without a difference say nothing.
 */
export function signFlipP(
  on: ArrayLike<number>,
  off: ArrayLike<number>,
  { rounds = 4000, seed = 0 }: { rounds?: number; seed?: number } = {},
): number {
  const next = random(seed);
  const ranks = ranksOfDifferences(on, off);
  const differ = Array.from(ranks.keys()).filter(i => on[i] !== off[i]);
  const seen = differ.reduce((sum, i) => (on[i]! > off[i]! ? sum + ranks[i]! : sum), 0);
  let beaten = 1;
  for (let r = 0; r < rounds; r++) {
    let won = 0;
    for (const i of differ) if (next() < 0.5) won += ranks[i]!;
    if (won >= seen) beaten++;
  }
  return beaten / (rounds + 1);
}

/** Benjamini and Hochberg's adjusted p-values, in the order given: below q, the share of false finds is below q. */
export function falseDiscovery(p: readonly number[]): number[] {
  const order = p.map((value, i) => ({ value, i })).sort((a, b) => b.value - a.value);
  const out = new Array<number>(p.length);
  let least = 1;
  order.forEach(({ value, i }, k) => {
    least = Math.min(least, (value * p.length) / (p.length - k));
    out[i] = least;
  });
  return out;
}
