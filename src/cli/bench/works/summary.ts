/** A set's works rate: the share with its interval, by category, how many nodes it takes, and why charts fail. */
import { type Way, waysToChoose } from "../../../attribution/verify/curve.ts";
import { gapReasons } from "../../../attribution/verify/works.ts";
import type { PairResult } from "../../../attribution/verify/works-pair.ts";
import { type Share, share } from "../../../studies/stats.ts";
import { median } from "../median.ts";
import type { Kept } from "./kept.ts";

export interface CurveRow {
  readonly nodes: number;
  /** Medians over the pairs. */
  readonly sufficiency: number;
  readonly necessity: number;
  /** Pairs whose sufficiency and necessity do. */
  readonly enough: Share;
}

export interface WorksSummary {
  readonly pairs: number;
  readonly works: Share;
  /** Sufficiency and necessity alone, boxes left out. */
  readonly suffices: Share;
  /** The same with units for and against chosen alike. */
  readonly sufficesAlike?: Share;
  /** The same of as many units at random, balanced by the same rule. */
  readonly sufficesByChance?: Share;
  readonly medianSufficiency?: number;
  readonly medianNecessity?: number;
  readonly medianNodes?: number;
  /** Times that opposers must be stronger: median. */
  readonly medianFactor?: number;
  /** Share of the charted units that are against the answer: median. */
  readonly medianAgainst?: number;
  readonly byCategory: Readonly<Record<string, Share>>;
  readonly curve: Partial<Record<Way, readonly CurveRow[]>>;
  /** Fewest nodes for 0.8: median, where pairs that never reach it count as more than all others; null if that is it. */
  readonly n80: Partial<Record<Way, number | null>>;
  /** Reasons with numbers left out, and how many charts each felled; most first. */
  readonly reasons: readonly { readonly reason: string; readonly pairs: number }[];
  /** Pairs that could not be measured: other lengths, one answer. */
  readonly failed: readonly { readonly prompt: string; readonly why: string }[];
  readonly medianSeconds?: number;
}

export function summarise(kept: readonly Kept[]): WorksSummary {
  const failed = kept.flatMap(k => ("failed" in k ? [{ prompt: k.prompt, why: k.failed }] : []));
  const results = kept.filter((k): k is PairResult => !("failed" in k));
  const of = (marks: readonly boolean[]) => share(marks.filter(Boolean).length, marks.length);
  const categories = [...new Set(results.map(r => r.category))].sort();
  const balances = results.flatMap(r => (r.balance ? [r.balance] : []));
  const alike = results.flatMap(r => (r.sufficesAlike === undefined ? [] : [r.sufficesAlike]));
  const chance = results.flatMap(r => (r.chance ? [r.chance.suffices] : []));
  const medians = {
    medianSufficiency: median(results.flatMap(r => r.sufficiency ?? [])),
    medianNecessity: median(results.flatMap(r => r.necessity ?? [])),
    medianNodes: median(results.map(r => r.nodes)),
    medianFactor: median(balances.map(b => b.factor)),
    medianAgainst: median(balances.map(b => b.against / Math.max(1, b.for + b.against))),
    medianSeconds: median(results.map(r => r.seconds)),
  };
  return {
    pairs: results.length,
    works: of(results.map(r => r.works)),
    suffices: of(results.map(suffices)),
    ...(alike.length > 0 ? { sufficesAlike: of(alike) } : {}),
    ...(chance.length > 0 ? { sufficesByChance: of(chance) } : {}),
    ...Object.fromEntries(Object.entries(medians).filter(([, value]) => value !== undefined)),
    byCategory: Object.fromEntries(
      categories.map(category => [category, of(results.filter(r => r.category === category).map(r => r.works))]),
    ),
    ...curvesOf(results),
    reasons: reasonsOf(results),
    failed,
  };
}

const suffices = ({ sufficiency, necessity }: PairResult): boolean =>
  sufficiency !== undefined && necessity !== undefined && gapReasons({ sufficiency, necessity }).length === 0;

function curvesOf(results: readonly PairResult[]): Pick<WorksSummary, "curve" | "n80"> {
  const curves = results.flatMap(r => (r.curve ? [r.curve] : []));
  const curve: Partial<Record<Way, CurveRow[]>> = {};
  const n80: Partial<Record<Way, number | null>> = {};
  if (curves.length === 0) return { curve, n80 };
  for (const way of waysToChoose) {
    curve[way] = curves[0]![way].map((_, i) => {
      const points = curves.flatMap(c => c[way][i] ?? []);
      const good = points.filter(p => gapReasons(p).length === 0).length;
      return {
        nodes: median(points.map(p => p.nodes))!,
        sufficiency: median(points.map(p => p.sufficiency))!,
        necessity: median(points.map(p => p.necessity))!,
        enough: share(good, points.length),
      };
    });
    if (way === "balanced" || way === "alike" || way === "plain") {
      const middle = median(curves.map(c => c.n80[way] ?? Number.POSITIVE_INFINITY))!;
      n80[way] = Number.isFinite(middle) ? middle : null;
    }
  }
  return { curve, n80 };
}

function reasonsOf(results: readonly PairResult[]): WorksSummary["reasons"] {
  const counts = new Map<string, number>();
  for (const { reasons, sufficiency } of results) {
    for (const reason of reasons) {
      const side = reason.startsWith("the chart alone") ? ((sufficiency ?? 0) < 1 ? "too little: " : "too much: ") : "";
      const bare = side + reason.replace(/-?\d+(\.\d+)?/g, "…");
      counts.set(bare, (counts.get(bare) ?? 0) + 1);
    }
  }
  return [...counts].map(([reason, pairs]) => ({ reason, pairs })).sort((a, b) => b.pairs - a.pairs);
}
