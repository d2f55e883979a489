/**
 * From a computed graph to what is drawn of it: the kept nodes and edges, the boxes with their roles, the story, and
 * how much of the answer all this explains.
 */
import type { PromptBasis } from "../features/basis.ts";
import type { UnitWords } from "../features/labels/label-units.ts";
import type { Recording } from "../models/record.ts";
import type { Attribution } from "./attribute.ts";
import { boxLabel } from "./box-label.ts";
import { chosenFeatures } from "./chosen-features.ts";
import type { Clock } from "./clock.ts";
import { condense } from "./condense.ts";
import { coverage } from "./coverage.ts";
import type { Balance, NodeInfo, SilentUnit, SupernodeInfo, TargetInfo, TraceDocument } from "./document.ts";
import { effectsAgainst, effects as graphEffects } from "./effect.ts";
import type { Suffices } from "./feature-search.ts";
import { rowOfNode, wholeRowMass } from "./flow.ts";
import type { Graph } from "./graph.ts";
import { influence } from "./influence.ts";
import { wordsOf } from "./labelled.ts";
import { nodeId } from "./node.ts";
import { type Pruning, prune, pruneNothing } from "./prune.ts";
import { withRoles } from "./role.ts";
import { allScores } from "./scores.ts";
import { story } from "./story.ts";
import { strongest } from "./strongest.ts";
import { supernodes } from "./supernodes.ts";
import type { Target } from "./target.ts";
import type { TraceRequest } from "./trace.ts";

export interface ChartInput {
  readonly recording: Recording;
  readonly contrast: Recording | undefined;
  readonly basis: PromptBasis;
  readonly attribution: Attribution;
  /** [layer][token, width] total effects, in the neuron basis. */
  readonly effects: readonly Float32Array[] | undefined;
  /** The dictionary on the contrast: what features are worth is then their change of value. */
  readonly contrastBasis: PromptBasis | undefined;
  /** What the features of each whole block add to the answer by their change of value, by node id; in a dictionary. */
  readonly blockEffects?: ReadonlyMap<string, number> | undefined;
  /** Features that speak on the contrast alone, strongest first: they share the chart's nodes with the others. */
  readonly silent: readonly SilentUnit[];
  /** See `chosen-features.ts`. */
  readonly suffices: Suffices | undefined;
  readonly targets: readonly Target[];
  readonly targetInfos: readonly TargetInfo[];
  /** [vocabulary] of the prompt at `position`. */
  readonly logits: Float32Array;
  readonly position: number;
  readonly budget: number;
  readonly request: TraceRequest;
  /** Was the run changed by an intervention? Then boxes are not switched off: those runs would be of the model as it is. */
  readonly changed: boolean;
  readonly show: (id: number) => string;
  readonly signal: AbortSignal | undefined;
  readonly progress: (stage: string, done: number, of: number) => void;
  readonly clock: Clock;
}

type Parts = Pick<
  TraceDocument,
  "target" | "targets" | "nodes" | "edges" | "supernodes" | "superedges" | "story" | "coverage" | "scores"
>;

export async function chartOf(
  input: ChartInput,
): Promise<{ parts: Parts; pruning: Pruning; silent: readonly SilentUnit[]; balance?: Balance }> {
  const { attribution, basis, request, targetInfos } = input;
  const { graph } = attribution;
  // Nothing runs on through units without rows; only a chart that draws them too has to walk to them.
  const walked = request.prune === "none" ? graph : condense(graph).graph;
  const effect = effectOf(input, walked);
  const { chosen, balance } = input.contrastBasis
    ? await chosenFeatures(attribution.graph, effect, input)
    : { chosen: undefined, balance: undefined };
  const silent = chosen?.silent ?? [];
  const budget = input.budget - silent.length;
  const pruning = pruningOf({ ...input, budget }, effect, chosen?.nodes);
  // Boxes are made of what the chart keeps; with pruning off, of what it would have kept.
  const shown = request.prune === "none" ? (chosen?.nodes ?? strongest(graph, effect, budget)) : pruning.nodes;
  const tokens = input.recording.ids.map(id => ({ text: input.show(id) }));
  const grouped = supernodes(walked, {
    shown,
    tokens,
    effect,
    differ: new Set([...input.recording.ids.keys()].filter(differs(input))),
    ...(request.boxes === undefined ? {} : { boxes: request.boxes }),
  });
  input.clock.lap("chart");

  const words = await wordsOf(walked, input.recording, basis, {
    shown,
    effect,
    token: input.show,
    signal: input.signal,
  });
  input.clock.lap("labels");
  const numbers = new Map(graph.nodes.map((node, i) => [nodeId(node), i]));
  const told = input.changed
    ? grouped.supernodes
    : await withRoles(grouped.supernodes, {
        recording: input.recording,
        basis,
        graph,
        contrast: input.contrast,
        target: input.targets[0]!,
        logits: input.logits,
        blockEffect: id => effect[numbers.get(id)!]!,
        show: input.show,
        signal: input.signal,
        progress: (done, of) => input.progress("roles", done, of),
      });
  const boxes = told.map(box => {
    const members = box.members.map(id => ({ words: words.get(numbers.get(id)!), effect: effect[numbers.get(id)!]! }));
    return { ...box, label: boxLabel(box, members, tokens) };
  });
  const shares = coverage(walked, { nodes: pruning.nodes });
  const target = targetInfos[0]!;
  const named = boxes.map(box =>
    box.kind === "target" ? { ...box, label: { ...box.label, text: target.text.trim() || target.text } } : box,
  );
  const paragraph = story({ supernodes: named, superedges: grouped.superedges, coverage: shares, target });
  const parts: Parts = {
    target,
    targets: targetInfos,
    ...drawn(input, walked, pruning, effect, grouped.boxOf, named, words),
    supernodes: named,
    superedges: grouped.superedges,
    story: paragraph,
    coverage: shares,
    scores: allScores(graph, pruning.nodes),
  };
  input.clock.lap("roles");
  return { parts, pruning, silent, ...(balance ? { balance } : {}) };
}

const differs = ({ recording, contrast }: ChartInput) => {
  return (position: number) => contrast !== undefined && contrast.ids[position] !== recording.ids[position];
};

/** [node] signed contribution to the answer: exact where total effects are known, through the known rows elsewhere. */
function effectOf(
  { attribution, effects, basis, contrastBasis, blockEffects }: ChartInput,
  walked: Graph,
): Float64Array {
  const { graph } = attribution;
  const known = contrastBasis ? effectsAgainst(graph, contrastBasis) : graphEffects(walked);
  graph.nodes.forEach((node, i) => {
    if (node.kind === "mlp") known[i] = blockEffects?.get(nodeId(node)) ?? known[i]!;
  });
  if (!effects) return known;
  const width = basis.basis.width;
  attribution.graph.nodes.forEach((node, i) => {
    if (node.kind === "unit") known[i] = effects[node.layer]![node.position * width + node.index]!;
    if (node.kind === "mlp") {
      known[i] = effects[node.layer]!.subarray(node.position * width, (node.position + 1) * width).reduce(
        (a, b) => a + b,
        0,
      );
    }
  });
  return known;
}

function pruningOf(
  { attribution, request, budget, effects }: ChartInput,
  effect: Float64Array,
  chosen: Uint8Array | undefined,
): Pruning {
  const { graph } = attribution;
  if (request.prune === "none") return pruneNothing(graph);
  const edges = request.prune?.edges ?? 0.98;
  // Among raw neurons influence is too diffuse to choose by: tens of thousands hold a hundredth of a percent each.
  // Against a contrast, what is alike in both prompts tells nothing apart, however much it carries.
  if (chosen || effects) return prune(graph, { chosen: chosen ?? strongest(graph, effect, budget), edges });
  return prune(graph, { nodes: request.prune?.nodes ?? 0.8, edges, most: budget });
}

function drawn(
  { attribution, targetInfos }: ChartInput,
  walked: Graph,
  pruning: Pruning,
  effect: Float64Array,
  boxOf: Int32Array,
  boxes: readonly SupernodeInfo[],
  words: ReadonlyMap<number, UnitWords>,
): Pick<TraceDocument, "nodes" | "edges"> {
  const { graph } = attribution;
  const shares = influence({ ...walked, targets: walked.targets.slice(0, 1) });
  const rows = rowOfNode(graph);
  const mass = wholeRowMass(walked);
  const start = graph.targets[0]!.weight;
  const names = graph.nodes.map(nodeId);
  const infoOf = (i: number): NodeInfo => {
    const node = graph.nodes[i]!;
    const row = rows[i]!;
    const box = boxOf[i]! >= 0 ? boxes[boxOf[i]!] : undefined;
    return {
      id: names[i]!,
      kind: node.kind,
      ...("layer" in node ? { layer: node.layer } : {}),
      ...("position" in node
        ? { position: node.position }
        : node.kind === "target"
          ? { position: targetInfos[node.index]!.position }
          : {}),
      ...("index" in node ? { index: node.index } : {}),
      activation: graph.activation[i]!,
      influence: start > 0 ? shares[i]! / start : shares[i]!,
      effect: effect[i]!,
      ...(box ? { supernode: box.id } : {}),
      expanded: row >= 0,
      ...words.get(i),
      ...(row >= 0 ? { mass: mass[row]! } : {}),
    };
  };
  const nodes: NodeInfo[] = [];
  for (let i = 0; i < graph.nodes.length; i++) if (pruning.nodes[i]) nodes.push(infoOf(i));
  const edges: { source: string; target: string; weight: number }[] = [];
  graph.rowNode.forEach((target, row) => {
    if (!pruning.nodes[target]) return;
    for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) {
      if (pruning.edges[e])
        edges.push({ source: names[graph.source[e]!]!, target: names[target]!, weight: graph.weight[e]! });
    }
  });
  return { nodes, edges };
}
