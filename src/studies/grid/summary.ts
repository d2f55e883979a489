/**
 * What a grid says as a whole: how probable each named answer is, over all and by value, with and without the hint,
 * before and under interventions. Every figure has its n and its 95 % interval.
 */
import { mean, type Share, shareOf } from "../stats.ts";
import { namesIn } from "./columns.ts";
import type { NamedAnswer, Prediction, RunResult } from "./result.ts";

export interface AnswerFigures {
  readonly probability: Share;
  /** How often it is the most probable token. */
  readonly first: Share;
}

/** Some of the runs: those of one value, those with the hint. */
export interface Slice {
  /** "all", "hint", "without hint", "before", or the value. */
  readonly name: string;
  readonly runs: number;
  readonly answers: Readonly<Record<string, AnswerFigures>>;
}

export interface GridSummary {
  readonly runs: number;
  readonly problems: readonly { readonly what: string; readonly runs: number }[];
  readonly all: Slice;
  /** Without and with the hint, where the grid has one; before and under the interventions, where it has some. */
  readonly compared: readonly Slice[];
  /** The same pairs of runs, later minus earlier: how much each answer's probability moves. */
  readonly moved?: Readonly<Record<string, Share>>;
  /** By the values of each name that has 2 to 40 of them. */
  readonly by: readonly { readonly name: string; readonly slices: readonly Slice[] }[];
  /** What the model says, most often first. */
  readonly said: readonly { readonly text: string; readonly share: Share }[];
  readonly charts?: {
    readonly explained: Share;
    readonly works?: Share;
    readonly sufficiency?: Share;
    readonly boxes: readonly { readonly label: string; readonly runs: number }[];
  };
}

const mostValues = 40;

export function summarise(results: readonly RunResult[]): GridSummary {
  const good = results.filter(r => !r.error);
  const under = (name: string, some: readonly RunResult[]) => slice(name, some, r => r);
  const hinted = good.filter(r => r.hint === true);
  const plain = good.filter(r => r.hint === false);
  const steered = good.filter(r => r.before);
  const compared = [
    ...(hinted.length > 0 ? [under("without hint", plain), under("with hint", hinted)] : []),
    ...(steered.length > 0 ? [slice("before", steered, r => r.before), under("intervened", steered)] : []),
  ];
  const pairs =
    steered.length > 0
      ? steered.map((r): [Partial<Prediction>, Partial<Prediction>] => [r.before!, r])
      : pairedByHint(plain, hinted);
  const moved = movedIn(pairs);
  const charts = chartsOf(good);
  return {
    runs: results.length,
    problems: counted(results.flatMap(r => r.error?.what ?? [])).map(([what, runs]) => ({ what, runs })),
    all: under("all", good),
    compared,
    ...(Object.keys(moved).length > 0 ? { moved } : {}),
    by: namesIn(good, r => r.values).flatMap(name => {
      const groups = grouped(good, r => r.values?.[name]);
      if (groups.size < 2 || groups.size > mostValues) return [];
      return [{ name, slices: [...groups].map(([value, some]) => under(value, some)) }];
    }),
    said: counted(good.flatMap(r => r.text ?? r.top?.[0]?.text ?? []))
      .slice(0, 12)
      .map(([text, n]) => ({ text, share: shareOf(good.map((_, i) => i < n)) })),
    ...(charts ? { charts } : {}),
  };
}

function slice(
  name: string,
  some: readonly RunResult[],
  part: (r: RunResult) => Partial<Prediction> | undefined,
): Slice {
  const answers = namesIn(some, r => part(r)?.answers).map((answer): [string, AnswerFigures] => {
    const found = some.flatMap(r => part(r)?.answers?.[answer] ?? []) as NamedAnswer[];
    return [answer, { probability: mean(found.map(a => a.probability)), first: shareOf(found.map(a => a.rank === 1)) }];
  });
  return { name, runs: some.length, answers: Object.fromEntries(answers) };
}

/** Each run without the hint beside the one with it: the ids differ by the hint alone. */
function pairedByHint(plain: readonly RunResult[], hinted: readonly RunResult[]): [RunResult, RunResult][] {
  const withHint = new Map(hinted.map(r => [r.id.replace(".hint", ""), r]));
  return plain.flatMap(r => {
    const other = withHint.get(r.id);
    return other ? [[r, other] as [RunResult, RunResult]] : [];
  });
}

function movedIn(pairs: readonly [Partial<Prediction>, Partial<Prediction>][]): Record<string, Share> {
  const names = new Set(pairs.flatMap(([a]) => Object.keys(a.answers ?? {})));
  return Object.fromEntries(
    [...names].map(name => [
      name,
      mean(
        pairs.flatMap(([a, b]) => {
          const [before, after] = [a.answers?.[name], b.answers?.[name]];
          return before && after ? [after.probability - before.probability] : [];
        }),
      ),
    ]),
  );
}

function chartsOf(good: readonly RunResult[]): GridSummary["charts"] {
  const traces = good.flatMap(r => r.trace ?? []);
  if (traces.length === 0) return undefined;
  const verified = traces.flatMap(t => t.verify ?? []);
  const sufficiency = verified.flatMap(v => v.sufficiency ?? []);
  return {
    explained: mean(traces.map(t => t.coverage.explained)),
    ...(verified.length > 0 ? { works: shareOf(verified.map(v => v.works)) } : {}),
    ...(sufficiency.length > 0 ? { sufficiency: mean(sufficiency) } : {}),
    boxes: counted(traces.flatMap(t => [...new Set(t.boxes.map(b => b.label))]))
      .slice(0, 12)
      .map(([label, runs]) => ({ label, runs })),
  };
}

function grouped(results: readonly RunResult[], of: (r: RunResult) => string | undefined): Map<string, RunResult[]> {
  const groups = new Map<string, RunResult[]>();
  for (const result of results) {
    const key = of(result);
    if (key === undefined) continue;
    const had = groups.get(key);
    if (had) had.push(result);
    else groups.set(key, [result]);
  }
  return groups;
}

/** Most frequent first; of equals, the one that came first. */
function counted(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
