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
import {
  type ChosenFeatures,
  exchanged,
  nearer,
  reduced,
  type Suffices,
  type Sufficing,
  WIDE,
} from "./feature-search.ts";
import type { Graph } from "./graph.ts";
import { nodeId, parseNodeId } from "./node.ts";
import { strongest } from "./strongest.ts";
import { balancedBy, forAnswer } from "./verify/balance.ts";
import { type Block, earlyBlocks, earlyLayers } from "./verify/early-blocks.ts";
import { chartedFeatures, featureSufficiencies, questionAsked } from "./verify/gap.ts";
import { isSufficient } from "./verify/works.ts";

/** Most weights of a model in which thousands of runs and rows take seconds; the specimen has 1.6 million. */
const CHEAP = 2e7;

/** Is a model so small that a chart may be chosen from all its rows, and reduced by measuring? */
export function isCheap({ layers, config: { dModel, dMlp } }: Model): boolean {
  return layers * (4 * dModel ** 2 + 3 * dModel * dMlp) <= CHEAP;
}

/** How many times as strong opposers (or supporters) must be to stay, one after the other until it suffices (decision 11). */
const REDUCED_BY = [1, 1.41, 2] as const;

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
    best = nearer(best, await reduced(graph, effect, most, suffices, factor, choose(factor, most * WIDE)));
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
