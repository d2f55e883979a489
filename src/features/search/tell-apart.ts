/**
 * Which units tell two groups of texts apart.
 *
 * With tens of thousands of units and a few dozen texts, some unit always seems to. So half of the texts choose the
 * candidates, and the other half, which had no say, judges them: AUROC with a bootstrap interval, a permutation p-value,
 * and Benjamini and Hochberg's correction over the candidates. Only judged numbers are reported as findings.
 *
 * Where the texts come in pairs that differ in the point alone, the p-value is of the differences within pairs: what else
 * a text is about moves a unit more than the point does. They do not choose: units that they choose move little (notebook).
 */
import { random } from "../../core/random.ts";
import { auroc, bootstrap, falseDiscovery, permutationP, signFlipP } from "./auroc.ts";
import type { Peaks } from "./peaks.ts";

export interface Candidate {
  readonly layer: number;
  readonly index: number;
  /** "high": it goes higher in the first group; "low": further below zero there. */
  readonly end: "high" | "low";
  /** In the half that chose it: too good by construction. */
  readonly chosen: number;
  /** In the half that did not. */
  readonly auroc: number;
  readonly interval: readonly [number, number];
  /** Corrected for the number of candidates. */
  readonly q: number;
  /** Mean peaks in the two groups of the judging half. */
  readonly on: number;
  readonly off: number;
  /** Of pairs of lines in the judging half, in how many it is higher in the first (where both files have as many lines). */
  readonly pairs?: readonly [won: number, of: number];
}

export interface Told {
  readonly candidates: readonly Candidate[];
  readonly choosing: { readonly on: number; readonly off: number };
  readonly judging: { readonly on: number; readonly off: number };
  /** The best AUROC that the same choice finds when the labels of the choosing half are shuffled: what luck can do there. */
  readonly luck: number;
  /** Are line n of the one and line n of the other the same text but for the point? */
  readonly paired: boolean;
}

export interface TellOptions {
  /** How many candidates are judged. */
  readonly candidates?: number;
  readonly seed?: number;
  readonly paired?: boolean;
}

/** @param peaks the texts of the first group, then those of the second */
export function tellApart(
  peaks: Peaks,
  on: number,
  { candidates = 20, seed = 0, paired = false }: TellOptions = {},
): Told {
  const off = peaks.texts - on;
  const next = random(seed + 1);
  const half = (count: number, first: number) => shuffled(count, next).map(i => first + i);
  const onOrder = half(on, 0);
  // Pairs stay together, or the judging half would have seen the text's other form.
  const offOrder = paired ? onOrder.map(i => i + on) : half(off, on);
  const split = (order: number[]) => {
    const middle = Math.ceil(order.length / 2);
    return [order.slice(0, middle), order.slice(middle)] as const;
  };
  const [onChoose, onJudge] = split(onOrder);
  const [offChoose, offJudge] = split(offOrder);
  const best = strongest(peaks, onChoose, offChoose, candidates);
  const mixed = shuffled(onChoose.length + offChoose.length, next).map(i => [...onChoose, ...offChoose][i]!);
  const luck = strongest(peaks, mixed.slice(0, onChoose.length), mixed.slice(onChoose.length), 1)[0]?.score ?? 0.5;
  const judged = best.map(({ unit, end, score }, c) => {
    const of = values(peaks, unit, end);
    const a = onJudge.map(of);
    const b = offJudge.map(of);
    return {
      ...peaks.place(unit),
      end,
      chosen: score,
      auroc: auroc(a, b),
      interval: bootstrap(a, b, { seed: seed + c }),
      p: (paired ? signFlipP : permutationP)(a, b, { seed: seed + c }),
      on: mean(a),
      off: mean(b),
      ...(paired ? { pairs: [a.filter((v, i) => v > b[i]!).length, a.length] as const } : {}),
    };
  });
  const q = falseDiscovery(judged.map(j => j.p));
  return {
    candidates: judged
      .map(({ p: _p, ...j }, i) => ({ ...j, q: q[i]! }))
      .sort((a, b) => b.auroc - a.auroc || b.chosen - a.chosen),
    choosing: { on: onChoose.length, off: offChoose.length },
    judging: { on: onJudge.length, off: offJudge.length },
    luck,
    paired,
  };
}

const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / Math.max(1, v.length);

const values =
  (peaks: Peaks, unit: number, end: "high" | "low") =>
  (text: number): number =>
    (end === "high" ? peaks.high : peaks.low!)[text * peaks.units + unit]!;

/** The units with the greatest AUROC; among equals, those whose groups lie furthest apart for their spread. */
function strongest(peaks: Peaks, on: readonly number[], off: readonly number[], count: number) {
  const found: { unit: number; end: "high" | "low"; score: number; gap: number }[] = [];
  for (const end of peaks.low ? (["high", "low"] as const) : (["high"] as const)) {
    const a = new Float64Array(on.length);
    const b = new Float64Array(off.length);
    for (let unit = 0; unit < peaks.units; unit++) {
      const of = values(peaks, unit, end);
      for (let i = 0; i < on.length; i++) a[i] = of(on[i]!);
      for (let i = 0; i < off.length; i++) b[i] = of(off[i]!);
      const gap = separation(a, b);
      const score = auroc(a, b);
      if (found.length < count * 4 || better({ score, gap }, found.at(-1)!)) {
        found.push({ unit, end, score, gap });
        found.sort((x, y) => (better(x, y) ? -1 : 1));
        if (found.length > count * 4) found.pop();
      }
    }
  }
  return found.slice(0, count);
}

const better = (a: { score: number; gap: number }, b: { score: number; gap: number }): boolean =>
  a.score !== b.score ? a.score > b.score : a.gap > b.gap;

/** Difference of means over the pooled standard deviation. */
function separation(a: Float64Array, b: Float64Array): number {
  const stats = (v: Float64Array) => {
    let sum = 0;
    let squares = 0;
    for (const x of v) {
      sum += x;
      squares += x * x;
    }
    const m = sum / v.length;
    return { m, variance: Math.max(0, squares / v.length - m * m) };
  };
  const [x, y] = [stats(a), stats(b)];
  return (x.m - y.m) / (Math.sqrt((x.variance + y.variance) / 2) + 1e-9);
}

function shuffled(count: number, next: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
