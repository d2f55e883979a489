/**
 * From a computed graph to what is drawn of it: the kept nodes and edges, the boxes with their roles, the story, and
 * how much of the answer all this explains.
 */
import type { PromptBasis } from "../features/basis.ts";
import type { UnitWords } from "../features/labels/label-units.ts";
import type { Recording } from "../models/record.ts";
import type { Attribution } from "./attribute.ts";
import { boxLabel } from "./box-label.ts";
import type { Clock } from "./clock.ts";
import { coverage } from "./coverage.ts";
import type { NodeInfo, SilentUnit, SupernodeInfo, TargetInfo, TraceDocument } from "./document.ts";
import { effects as graphEffects } from "./effect.ts";
import { rowOfNode, wholeRowMass } from "./flow.ts";
import { influence } from "./influence.ts";
import { wordsOf } from "./labelled.ts";
import { nodeId, parseNodeId } from "./node.ts";
import { type Pruning, prune, pruneNothing } from "./prune.ts";
import { roles } from "./role.ts";
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
  /** Features that speak on the contrast alone, strongest first: they share the chart's nodes with the others. */
  readonly silent: readonly SilentUnit[];
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
): Promise<{ parts: Parts; pruning: Pruning; silent: readonly SilentUnit[] }> {
  const { attribution, basis, request, targetInfos } = input;
  const { graph } = attribution;
  const effect = effectOf(input);
  const silent = input.silent.slice(0, silentShare(input, effect));
  const budget = input.budget - silent.length;
  const pruning = pruningOf({ ...input, budget }, effect);
  // Boxes are made of what the chart keeps; with pruning off, of what it would have kept.
  const shown = request.prune === "none" ? strongest(graph, effect, budget) : pruning.nodes;
  const tokens = input.recording.ids.map(id => ({ text: input.show(id) }));
  const grouped = supernodes(graph, {
    shown,
    tokens,
    effect,
    ...(request.boxes === undefined ? {} : { boxes: request.boxes }),
  });
  input.clock.lap("chart");

  const words = await wordsOf(graph, input.recording, basis, {
    shown,
    effect,
    token: input.show,
    signal: input.signal,
  });
  input.clock.lap("labels");
  const numbers = new Map(graph.nodes.map((node, i) => [nodeId(node), i]));
  const boxes = (await withRoles(grouped.supernodes, input)).map(box => {
    const members = box.members.map(id => ({ words: words.get(numbers.get(id)!), effect: effect[numbers.get(id)!]! }));
    return { ...box, label: boxLabel(box, members, tokens) };
  });
  const shares = coverage(graph, { nodes: pruning.nodes });
  const target = targetInfos[0]!;
  const named = boxes.map(box =>
    box.kind === "target" ? { ...box, label: { ...box.label, text: target.text.trim() || target.text } } : box,
  );
  const told = story({ supernodes: named, superedges: grouped.superedges, coverage: shares, target });
  const parts: Parts = {
    target,
    targets: targetInfos,
    ...drawn(input, pruning, effect, grouped.boxOf, named, words),
    supernodes: named,
    superedges: grouped.superedges,
    story: told,
    coverage: shares,
    scores: allScores(graph, pruning.nodes),
  };
  input.clock.lap("roles");
  return { parts, pruning, silent };
}

/** [node] signed contribution to the answer: exact where total effects are known, through the known rows elsewhere. */
function effectOf({ attribution, effects, basis, contrastBasis }: ChartInput): Float64Array {
  const known = graphEffects(attribution.graph);
  if (contrastBasis) {
    attribution.graph.nodes.forEach((node, i) => {
      if (node.kind !== "unit") return;
      const other = contrastBasis.number(node);
      if (other !== undefined) known[i]! *= 1 - contrastBasis.activation(other) / attribution.graph.activation[i]!;
    });
  }
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

/** How many of the chart's strongest nodes are silent here. */
function silentShare({ attribution, silent, budget }: ChartInput, effect: Float64Array): number {
  const size = (v: number) => Math.abs(v);
  const mine = attribution.graph.nodes.flatMap((node, i) => (node.kind === "unit" ? [size(effect[i]!)] : []));
  const least = [...mine, ...silent.map(s => size(s.effect))].sort((a, b) => b - a)[budget - 1] ?? 0;
  return Math.min(budget, silent.filter(s => size(s.effect) >= least).length);
}

function pruningOf(
  { attribution, request, budget, effects, contrastBasis }: ChartInput,
  effect: Float64Array,
): Pruning {
  const { graph } = attribution;
  if (request.prune === "none") return pruneNothing(graph);
  const edges = request.prune?.edges ?? 0.98;
  // Among raw neurons influence is too diffuse to choose by: tens of thousands hold a hundredth of a percent each.
  // Against a contrast, what is alike in both prompts tells nothing apart, however much it carries.
  if (effects || contrastBasis) return prune(graph, { chosen: strongest(graph, effect, budget), edges });
  return prune(graph, { nodes: request.prune?.nodes ?? 0.8, edges, most: budget });
}

/** Boxes of units with what they do, measured in the real model. */
async function withRoles(boxes: readonly SupernodeInfo[], input: ChartInput): Promise<readonly SupernodeInfo[]> {
  const { basis, recording, targets, position } = input;
  const target = targets[0]!;
  const token = target.token;
  // A unit's value is no function of the logits: its boxes keep the words that they have.
  if (!token || input.changed) return boxes;
  const value = (logits: Float32Array): number => {
    if (token.foil !== undefined) return logits[token.id]! - logits[token.foil]!;
    let mean = 0;
    for (const v of logits) mean += v / logits.length;
    return logits[token.id]! - mean;
  };
  const unitBoxes = boxes.filter(box => box.kind === "units");
  const sets = unitBoxes.map(box =>
    box.members.flatMap(id => {
      const node = parseNodeId(id);
      const number = node?.kind === "unit" ? basis.number(node) : undefined;
      return number === undefined ? [] : [number];
    }),
  );
  input.progress("roles", 0, sets.length);
  const measured = await roles(
    recording,
    basis,
    sets,
    unitBoxes.map(box => -box.effect),
    input.logits,
    {
      position,
      value,
      show: input.show,
      contrast: input.contrast,
      signal: input.signal,
      progress: (done, of) => input.progress("roles", done, of),
    },
  );
  const byId = new Map(unitBoxes.map((box, i) => [box.id, measured[i]!]));
  return boxes.map(box => {
    const role = byId.get(box.id);
    if (!role) return box;
    const { logits: _logits, ...does } = role;
    return { ...box, does };
  });
}

function drawn(
  { attribution, targetInfos }: ChartInput,
  pruning: Pruning,
  effect: Float64Array,
  boxOf: Int32Array,
  boxes: readonly SupernodeInfo[],
  words: ReadonlyMap<number, UnitWords>,
): Pick<TraceDocument, "nodes" | "edges"> {
  const { graph } = attribution;
  const shares = influence({ ...graph, targets: graph.targets.slice(0, 1) });
  const rows = rowOfNode(graph);
  const mass = wholeRowMass(graph);
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
