/**
 * A chart of features that suffices, looked for by measuring, where those that change most do not bring the answer about
 * together: a wide chart is reduced, and then some features are exchanged (decision 11). For models whose runs are cheap.
 */
import type { SilentUnit } from "./document.ts";
import type { Graph } from "./graph.ts";
import { isSufficient } from "./verify/works.ts";

/** [node] 1 for what a chart of features keeps of the graph, and what is silent here. */
export interface ChosenFeatures {
  readonly nodes: Uint8Array;
  readonly silent: readonly SilentUnit[];
}

/** What a chart of features is balanced by. */
export interface Suffices {
  /** Which sign of an effect is for the answer. */
  readonly sign: number;
  /** The difference between the prompts, in logits: what effects are shares of. */
  readonly gap: number;
  /** May charts be measured by the thousand? Not in a model where that takes longer than all else. */
  readonly cheap: boolean;
  /** What share of the difference each of some charts brings about alone, in the real model. */
  readonly measure: (charts: readonly ChosenFeatures[]) => Promise<readonly number[]>;
}

/** How many times as many features as a chart may have it is reduced from, and what share of them stays each time. */
export const WIDE = 3;
const STAYS = 0.75;

/**
 * Where those that change most do not bring the answer about together: from a chart of three times as many, those are
 * left out, a quarter at a time, whose change by the graph and whose measured loss to the chart are smallest (the mean of
 * the two, for and against alike). Features that matter only together are found so. Cost: one run for each feature, some
 * seven times the budget in all.
 */
export async function reduced(
  graph: Graph,
  effect: Float64Array,
  budget: number,
  suffices: Suffices,
  factor: number,
  wide: ChosenFeatures,
): Promise<Sufficing> {
  let chosen = wide;
  const coarse = graph.nodes.filter((node, i) => node.kind === "mlp" && chosen.nodes[i]).length;
  for (;;) {
    const [whole] = await suffices.measure([chosen]);
    const features = featuresIn(graph, effect, chosen);
    const over = features.length + coarse - budget;
    if (over <= 0) return { chosen, factor, sufficiency: whole! };
    const measured = await suffices.measure(eachLess(chosen, features));
    const size = measured.map((share, i) => {
      const change = (whole! - share) * suffices.gap + features[i]!.effect;
      return Math.abs(change) / (change * suffices.sign < 0 ? factor : 1);
    });
    const weakest = [...size.keys()].sort((a, b) => size[a]! - size[b]!);
    for (const i of weakest.slice(0, Math.min(over, Math.ceil(features.length * (1 - STAYS)))))
      chosen = less(chosen, features[i]!);
  }
}

/** How many features are exchanged at once, at most, and how often. */
const AT_ONCE = [16, 8, 4, 2, 1] as const;
const EXCHANGES = 8;

/**
 * Where a chart does not bring the answer about still: some of its features are exchanged for as many of the wide chart's
 * with which it comes nearer, like for like (one that is for the answer by the graph for another such), so that what speaks
 * against the answer has as many places as before. Cost: one run for each feature of the wide chart, up to eight times.
 */
export async function exchanged(
  graph: Graph,
  effect: Float64Array,
  { measure }: Suffices,
  begun: Sufficing,
  wide: ChosenFeatures,
): Promise<Sufficing> {
  let best = begun;
  const pool = featuresIn(graph, effect, wide);
  for (let round = 0; round < EXCHANGES && !isSufficient(best.sufficiency); round++) {
    const { chosen, sufficiency: whole } = best;
    const mine = featuresIn(graph, effect, chosen);
    const others = pool.filter(one => !holds(chosen, one));
    const changed = [...eachLess(chosen, mine), ...others.map(one => more(chosen, one))];
    const towards = (await measure(changed)).map(share => (share - whole) * Math.sign(1 - whole));
    const ranked = (some: readonly Feature[], from: number) =>
      some.map((one, i) => ({ one, nearer: towards[from + i]! })).sort((a, b) => b.nearer - a.nearer);
    const [out, into] = [ranked(mine, 0), ranked(others, mine.length)];
    const pairs = [1, -1].flatMap(side => {
      const alike = ({ one }: { one: Feature }) => one.effect * side > 0;
      const [gone, come] = [out.filter(alike), into.filter(alike)];
      return come.slice(0, gone.length).map((to, i) => ({
        gone: gone[i]!.one,
        come: to.one,
        nearer: gone[i]!.nearer + to.nearer,
      }));
    });
    pairs.sort((a, b) => b.nearer - a.nearer);
    const tried = AT_ONCE.map(n =>
      pairs.slice(0, n).reduce((chart, { gone, come }) => more(less(chart, gone), come), chosen),
    );
    const shares = await measure(tried);
    const before = best;
    tried.forEach((chart, i) => {
      best = nearer(best, { ...before, chosen: chart, sufficiency: shares[i]! });
    });
    if (best === before) break;
  }
  return best;
}

/** A feature of a chart: a node of the graph, or one that is silent on the prompt. */
type Feature = { readonly effect: number } & ({ readonly node: number } | { readonly silent: SilentUnit });

function featuresIn(graph: Graph, effect: Float64Array, { nodes, silent }: ChosenFeatures): Feature[] {
  const active = graph.nodes.flatMap((node, i) =>
    node.kind === "unit" && nodes[i] ? [{ effect: effect[i]!, node: i }] : [],
  );
  return [...silent.map(one => ({ effect: one.effect, silent: one })), ...active];
}

const holds = ({ nodes, silent }: ChosenFeatures, one: Feature): boolean =>
  "node" in one ? nodes[one.node] === 1 : silent.includes(one.silent);

function less(chart: ChosenFeatures, one: Feature): ChosenFeatures {
  if ("silent" in one) return { ...chart, silent: chart.silent.filter(other => other !== one.silent) };
  const nodes = chart.nodes.slice();
  nodes[one.node] = 0;
  return { ...chart, nodes };
}

const eachLess = (chart: ChosenFeatures, features: readonly Feature[]): ChosenFeatures[] =>
  features.map(one => less(chart, one));

function more(chart: ChosenFeatures, one: Feature): ChosenFeatures {
  if ("silent" in one) return { ...chart, silent: [...chart.silent, one.silent] };
  const nodes = chart.nodes.slice();
  nodes[one.node] = 1;
  return { ...chart, nodes };
}

export interface Sufficing {
  readonly chosen: ChosenFeatures;
  readonly factor: number;
  readonly sufficiency: number;
}

export const nearer = (a: Sufficing, b: Sufficing): Sufficing =>
  Math.abs(b.sufficiency - 1) < Math.abs(a.sufficiency - 1) ? b : a;
