/**
 * What a chart holds in a dictionary, against a contrast: the features that change most, for and against alike or balanced
 * (decision 11), with those that speak on the contrast alone, and the first layers' MLPs whole.
 */
import type { PromptBasis } from "../features/basis.ts";
import { featuresOn } from "../interventions/dictionary-features.ts";
import { firstDifference } from "../interventions/hold.ts";
import type { Model } from "../models/model.ts";
import type { Recording } from "../models/record.ts";
import type { AskedRuns } from "./asked-runs.ts";
import type { Balance, SilentUnit } from "./document.ts";
import { effectsAgainst } from "./effect.ts";
import type { Graph } from "./graph.ts";
import { nodeId, parseNodeId } from "./node.ts";
import { strongest } from "./strongest.ts";
import { balancedBy, forAnswer } from "./verify/balance.ts";
import { type Block, earlyBlocks, earlyLayers } from "./verify/early-blocks.ts";
import { chartedFeatures, featureSufficiencies, questionAsked } from "./verify/gap.ts";
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

/** Most weights of a model in which thousands of runs and rows take seconds; the specimen has 1.6 million. */
const CHEAP = 2e7;

/** Is a model so small that a chart may be chosen from all its rows, and reduced by measuring? */
export function isCheap({ layers, config: { dModel, dMlp } }: Model): boolean {
  return layers * (4 * dModel ** 2 + 3 * dModel * dMlp) <= CHEAP;
}

interface FeatureChoice {
  /** Features that speak on the contrast alone: they share the chart's nodes with the others. */
  readonly silent: readonly SilentUnit[];
  /** Most nodes. */
  readonly budget: number;
  /** Nothing is balanced where it is left out. */
  readonly suffices: Suffices | undefined;
}

/** What a chart of features is balanced by: how much of the difference it brings about alone, in the real model. */
export async function sufficesOf(
  { recording, contrast, answer, foil, position, changed }: AskedRuns,
  basis: PromptBasis,
  graph: Graph,
): Promise<Suffices | undefined> {
  const live = featuresOn(basis, recording.model);
  const asks =
    live &&
    (await questionAsked({ prompt: recording, contrast: contrast?.recording, answer, foil, position, changed }));
  if (!asks) return undefined;
  const featuresOf = ({ nodes, silent }: ChosenFeatures) =>
    chartedFeatures([...graph.nodes.filter((_, i) => nodes[i]), ...silent.map(({ id }) => parseNodeId(id))]);
  return {
    sign: forAnswer(asks),
    gap: asks.onPrompt - asks.onContrast,
    cheap: isCheap(recording.model),
    measure: charts => featureSufficiencies(asks, live, charts.map(featuresOf)),
  };
}

/** Against a contrast, in a dictionary: the features that change most, for and against alike or balanced. */
export async function chosenFeatures(
  graph: Graph,
  effect: Float64Array,
  { silent, budget: most, suffices }: FeatureChoice,
): Promise<{ chosen: ChosenFeatures; balance?: Balance }> {
  const choose = (against: number, budget = most): ChosenFeatures => {
    const scaled = (v: number) => (v * (suffices?.sign ?? 1) < 0 ? v / against : v);
    const sizes = effect.map(scaled);
    const size = (s: SilentUnit) => Math.abs(scaled(s.effect));
    const mine = graph.nodes.flatMap((node, i) => (node.kind === "unit" ? [Math.abs(sizes[i]!)] : []));
    const least = [...mine, ...silent.map(size)].sort((a, b) => b - a)[budget - 1] ?? 0;
    const wake = silent.filter(s => size(s) >= least).sort((a, b) => size(b) - size(a));
    const some = wake.slice(0, budget);
    return { nodes: strongest(graph, sizes, budget - some.length), silent: some };
  };
  if (!suffices) return { chosen: choose(1) };
  const balanced = await balancedBy(against => choose(against), suffices.measure);
  let best: Sufficing = balanced;
  for (const by of suffices.cheap ? REDUCED_BY : []) {
    if (isSufficient(best.sufficiency)) break;
    const factor = best.sufficiency < 1 ? by : 1 / by;
    best = nearer(best, await reduced(graph, effect, most, suffices, factor, choose));
  }
  if (suffices.cheap && !isSufficient(best.sufficiency))
    best = await exchanged(graph, effect, suffices, best, choose(best.factor, most * WIDE));
  const { chosen, factor } = best;
  const signed = [
    ...graph.nodes.flatMap((node, i) => (node.kind === "unit" && chosen.nodes[i] ? [effect[i]!] : [])),
    ...chosen.silent.map(s => s.effect),
  ];
  const supporting = signed.filter(v => v * suffices.sign > 0).length;
  return {
    chosen,
    balance: {
      factor,
      for: supporting,
      against: signed.length - supporting,
      sufficiencyAlike: balanced.sufficiencyAlike,
    },
  };
}

/** How many times as many features as a chart may have it is reduced from, and what share of them stays each time. */
const WIDE = 3;
const STAYS = 0.75;
/** How many times as strong opposers (or supporters) must be to stay, one after the other until it suffices (decision 11). */
const REDUCED_BY = [1, 1.41, 2] as const;

/**
 * Where those that change most do not bring the answer about together: from a chart of three times as many, those are
 * left out, a quarter at a time, whose change by the graph and whose measured loss to the chart are smallest (the mean of
 * the two, for and against alike). Features that matter only together are found so. Cost: one run for each feature, some
 * seven times the budget in all.
 */
async function reduced(
  graph: Graph,
  effect: Float64Array,
  budget: number,
  suffices: Suffices,
  factor: number,
  choose: (against: number, most: number) => ChosenFeatures,
): Promise<Sufficing> {
  let chosen = choose(factor, budget * WIDE);
  const coarse = graph.nodes.filter((node, i) => node.kind === "mlp" && chosen.nodes[i]).length;
  for (;;) {
    const [whole] = await suffices.measure([chosen]);
    const features = featuresIn(graph, effect, chosen).map(one => ({ ...one, without: less(chosen, one) }));
    const more = features.length + coarse - budget;
    if (more <= 0) return { chosen, factor, sufficiency: whole! };
    const measured = await suffices.measure(features.map(({ without }) => without));
    const size = measured.map((share, i) => {
      const change = (whole! - share) * suffices.gap + features[i]!.effect;
      return Math.abs(change) / (change * suffices.sign < 0 ? factor : 1);
    });
    const weakest = [...size.keys()].sort((a, b) => size[a]! - size[b]!);
    for (const i of weakest.slice(0, Math.min(more, Math.ceil(features.length * (1 - STAYS)))))
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
async function exchanged(
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
    const changed = [...mine.map(one => less(chosen, one)), ...others.map(one => more(chosen, one))];
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

function more(chart: ChosenFeatures, one: Feature): ChosenFeatures {
  if ("silent" in one) return { ...chart, silent: [...chart.silent, one.silent] };
  const nodes = chart.nodes.slice();
  nodes[one.node] = 1;
  return { ...chart, nodes };
}

interface Sufficing {
  readonly chosen: ChosenFeatures;
  readonly factor: number;
  readonly sufficiency: number;
}

const nearer = (a: Sufficing, b: Sufficing): Sufficing =>
  Math.abs(b.sufficiency - 1) < Math.abs(a.sufficiency - 1) ? b : a;

/** In features too the first layers' MLPs are charted whole, by what their features do to the answer. */
export function blocksOfFeatures(
  graph: Graph,
  { ids, tokens, model }: Recording,
  contrast: Recording,
  contrastBasis: PromptBasis,
  nodes: number,
): { coarse: Block[]; effects: Map<string, number> } {
  const effect = effectsAgainst(graph, contrastBasis);
  const sizes = new Map<string, number>();
  const effects = new Map<string, number>();
  const add = (to: Map<string, number>, key: string, value: number) => to.set(key, (to.get(key) ?? 0) + value);
  graph.nodes.forEach((node, i) => {
    if (node.kind !== "unit") return;
    const block = nodeId({ kind: "mlp", layer: node.layer, position: node.position });
    add(sizes, block, Math.abs(effect[i]!));
    add(effects, block, effect[i]!);
  });
  const limits = { layers: earlyLayers(model.layers), tokens, from: firstDifference(ids, contrast.ids), nodes };
  return { coarse: earlyBlocks(limits, block => sizes.get(nodeId({ kind: "mlp", ...block })) ?? 0), effects };
}
