/**
 * A graph made elsewhere (circuit-tracer, Neuronpedia) as our own: it can be read, grouped, told and exported, even
 * without its model. What was pruned away before is not in the file; what we have no kind of node for (attention
 * features) is left out, and its edges count as dropped mass, so coverage shows it as hidden.
 */
import { Problem } from "../core/problem.ts";
import { indexInLayer } from "../formats/graph-json/feature-code.ts";
import { types } from "../formats/graph-json/ids.ts";
import type { GraphJson, GraphJsonNode } from "../formats/graph-json/schema.ts";
import type { Label, TargetInfo, TokenInfo } from "./document.ts";
import { topDown } from "./flow.ts";
import type { Graph } from "./graph.ts";
import type { Group } from "./grouping.ts";
import { type Node, nodeId } from "./node.ts";

export interface ImportedGraph {
  readonly graph: Graph;
  readonly scan: string;
  readonly prompt: string;
  /** Token ids are −1 where the file does not give them. */
  readonly tokens: readonly TokenInfo[];
  readonly targets: readonly TargetInfo[];
  readonly layers: number;
  /** [node] the file's cumulative influence; 1 where it has none. */
  readonly cumulative: Float64Array;
  /** node → label. */
  readonly labels: ReadonlyMap<number, Label>;
  readonly groups: readonly Group[];
  readonly pinned: readonly number[];
  /** What a reader should know: what was left out, what was ambiguous. */
  readonly notes: readonly string[];
}

/** `name` is the file's, for errors. */
export function fromGraphJson(json: GraphJson, name = "graph.json"): ImportedGraph {
  const notes: string[] = [];
  const named = namesOf(json, name, notes);
  const { nodes, kept, numbers } = named;
  const first = new Map<string, number>(); // node_id → the node that is meant in lists
  for (const [id, candidates] of numbers) if (candidates.length > 0) first.set(id, candidates[0]!);

  const targetNodes = [...nodes.keys()].filter(i => nodes[i]!.kind === "target");
  if (targetNodes.length === 0) {
    throw new Problem("the graph has no logit node, so there is nothing that it explains", { where: `in ${name}` });
  }
  const edges = edgesOf(json, named, name, notes);
  const probability = targetNodes.map(i => kept[i]!.token_prob || outputOf(kept[i]!).probability || 0);
  const known = probability.some(p => p > 0);
  const activation = Float32Array.from(kept, (node, i) => node.activation ?? edges.value.get(i) ?? 1);
  const rowNodes = [...edges.rows.keys()].sort((a, b) => a - b);
  const graph = graphOf(nodes, activation, rowNodes, edges.rows, edges.dropped, {
    targets: targetNodes.map((node, i) => ({ node, weight: known ? probability[i]! : 1 / targetNodes.length })),
  });
  topDown(graph); // refuses circles

  const tokens = json.metadata.prompt_tokens.map((text): TokenInfo => ({ id: -1, text }));
  kept.forEach((node, i) => {
    if (nodes[i]!.kind !== "embedding") return;
    const id = Number(/^E_(\d+)_\d+$/.exec(node.node_id)?.[1] ?? -1);
    tokens[node.ctx_idx] = { id, text: json.metadata.prompt_tokens[node.ctx_idx]! };
  });
  const unit = nodes.flatMap(node => (node.kind === "unit" || node.kind === "error" ? [node.layer + 1] : []));
  const logit = targetNodes.map(i => Number(kept[i]!.layer) - 1);
  return {
    graph,
    scan: json.metadata.scan,
    prompt: json.metadata.prompt,
    tokens,
    targets: targetNodes.map((i, index) => targetInfo(kept[i]!, index, probability[index]!, edges.value.get(i) ?? 0)),
    layers: [...unit, ...logit].reduce((a, b) => Math.max(a, b), 0),
    cumulative: Float64Array.from(kept, node => node.influence ?? 1),
    labels: labelsOf(json, nodes, kept, first),
    groups: groupsOf(json, nodes, first, notes),
    pinned: (json.qParams.pinnedIds ?? []).flatMap(id => first.get(id) ?? []),
    notes,
  };
}

interface Names {
  readonly nodes: Node[];
  /** [node] its entry in the file. */
  readonly kept: GraphJsonNode[];
  /** node_id → nodes; two where an old error id is also a feature's; none where the node was left out. */
  readonly numbers: Map<string, number[]>;
}

function namesOf(json: GraphJson, name: string, notes: string[]): Names {
  const nodes: Node[] = [];
  const kept: GraphJsonNode[] = [];
  const numbers = new Map<string, number[]>();
  const seen = new Set<string>();
  const strange = new Map<string, number>();
  let [targets, disagree] = [0, 0];
  json.nodes.forEach((entry, i) => {
    const node = nodeOf(entry, targets);
    const candidates = numbers.get(entry.node_id) ?? [];
    numbers.set(entry.node_id, candidates);
    if (node === undefined) {
      strange.set(entry.feature_type, (strange.get(entry.feature_type) ?? 0) + 1);
      return;
    }
    const twice =
      seen.has(nodeId(node)) ||
      (candidates.length > 0 && (candidates.length > 1 || nodes[candidates[0]!]!.kind === node.kind));
    if (twice) throw new Problem(`node ${i} (${entry.node_id}) appears twice`, { where: `in ${name}` });
    if (node.kind === "target") targets++;
    if (node.kind === "unit" && entry.feature !== null) {
      const code = indexInLayer(entry.feature, node.layer);
      if (code !== node.index && entry.feature !== node.index) disagree++;
    }
    seen.add(nodeId(node));
    candidates.push(nodes.push(node) - 1);
    kept.push(entry);
  });
  for (const [type, count] of strange) {
    notes.push(`${count} nodes of type “${type}” have no counterpart here; their edges count as hidden`);
  }
  if (disagree > 0) notes.push(`${disagree} features have a number that does not fit their id; the id was believed`);
  return { nodes, kept, numbers };
}

function nodeOf(entry: GraphJsonNode, target: number): Node | undefined {
  const position = entry.ctx_idx;
  const layer = Number(entry.layer);
  switch (entry.feature_type) {
    case types.token:
      return { kind: "embedding", position };
    case types.logit:
      return { kind: "target", index: target };
    case types.bias:
      return entry.layer === "E" ? { kind: "bias", layer: "positions" } : { kind: "bias", layer };
    case types.mlp:
    case types.error:
      if (entry.layer === "E") return undefined;
      return { kind: entry.feature_type === types.mlp ? "mlp" : "error", layer, position };
    case types.feature:
    case "transcoder": {
      const index = indexOf(entry, layer);
      return index === undefined ? undefined : { kind: "unit", layer, position, index };
    }
    default:
      return undefined;
  }
}

/** The id says it plainly in current files; older ones only have the code in `feature`. */
function indexOf(entry: GraphJsonNode, layer: number): number | undefined {
  const [, l, index, position] = /^(\d+)_(\d+)_(\d+)$/.exec(entry.node_id) ?? [];
  if (index !== undefined && Number(l) === layer && Number(position) === entry.ctx_idx) return safe(Number(index));
  const [, js, unit] = /^(\d+)_(\d+)-/.exec(entry.jsNodeId) ?? [];
  if (unit !== undefined && Number(js) === layer) return safe(Number(unit));
  return entry.feature === null || Number.isNaN(layer) ? undefined : indexInLayer(entry.feature, layer);
}

const safe = (index: number) => (Number.isSafeInteger(index) ? index : undefined);

function edgesOf(json: GraphJson, { nodes, numbers }: Names, name: string, notes: string[]) {
  const rows = new Map<number, Map<number, number>>();
  const dropped = new Map<number, [signed: number, absolute: number]>();
  const value = new Map<number, number>();
  let ambiguous = 0;
  json.links.forEach((link, i) => {
    const where = { where: `in ${name}` };
    // Only units and targets have rows, so of two nodes with one id the unit is meant.
    const target = numbers.get(link.target)!.find(n => nodes[n]!.kind === "unit" || nodes[n]!.kind === "target");
    if (target === undefined) {
      if (numbers.get(link.target)!.length === 0) return; // into a node that was left out
      throw new Problem(`link ${i} leads into ${link.target}, which is no feature and no logit`, where);
    }
    const at = nodes[target]!;
    value.set(target, (value.get(target) ?? 0) + link.weight);
    const row = rows.get(target) ?? new Map<number, number>();
    rows.set(target, row);
    const candidates = numbers.get(link.source)!;
    if (candidates.length === 0) {
      const [signed, absolute] = dropped.get(target) ?? [0, 0];
      dropped.set(target, [signed + link.weight, absolute + Math.abs(link.weight)]);
      return;
    }
    const below = candidates.filter(n => mayFeed(nodes[n]!, at)).sort((a, b) => rank(nodes[a]!) - rank(nodes[b]!));
    if (below.length > 1) ambiguous++;
    // Features come first in the files, so the first of two equal links is the feature's, the second the error's.
    const source = below.find(n => !row.has(n));
    if (source === undefined) {
      const why = below.length === 0 ? "leads upwards, against the direction of the model" : "appears twice";
      throw new Problem(`link ${i} (${link.source} → ${link.target}) ${why}`, where);
    }
    row.set(source, link.weight);
  });
  if (ambiguous > 0) {
    notes.push(
      `${ambiguous} links come from an id that a feature of layer 0 and an old error node share; the first of each was taken as the feature's`,
    );
  }
  return { rows, dropped, value };
}

const rank = (node: Node) => (node.kind === "unit" ? 0 : 1);

/** Could the source be below the target? Same layer is allowed: other tools have attention features there. */
function mayFeed(source: Node, target: Node): boolean {
  if (source.kind === "target") return false;
  if (target.kind !== "unit" || source.kind === "embedding" || source.kind === "bias") return true;
  return source.layer <= target.layer - (source.kind === "error" ? 1 : 0) && source.position <= target.position;
}

function graphOf(
  nodes: Node[],
  activation: Float32Array,
  rowNodes: number[],
  rows: ReadonlyMap<number, ReadonlyMap<number, number>>,
  dropped: ReadonlyMap<number, readonly [number, number]>,
  more: Pick<Graph, "targets">,
): Graph {
  const rowStart = new Uint32Array(rowNodes.length + 1);
  rowNodes.forEach((node, row) => {
    rowStart[row + 1] = rowStart[row]! + rows.get(node)!.size;
  });
  const source = new Uint32Array(rowStart[rowNodes.length]!);
  const weight = new Float32Array(source.length);
  const rowValue = new Float64Array(rowNodes.length);
  let edge = 0;
  rowNodes.forEach((node, row) => {
    for (const [from, w] of rows.get(node)!) {
      source[edge] = from;
      weight[edge++] = w;
      rowValue[row]! += w;
    }
    rowValue[row]! += dropped.get(node)?.[0] ?? 0;
  });
  return {
    ...more,
    nodes,
    activation,
    rowNode: Uint32Array.from(rowNodes),
    rowStart,
    source,
    weight,
    rowValue,
    rowDropped: Float64Array.from(rowNodes, node => dropped.get(node)?.[0] ?? 0),
    rowDroppedAbsolute: Float64Array.from(rowNodes, node => dropped.get(node)?.[1] ?? 0),
  };
}

/** `Output "tok" (p=0.123)` */
function outputOf(entry: GraphJsonNode): { text: string; probability: number } {
  const [, text, p] = /^(?:Output )?"([\s\S]*)" \(p=([\d.eE+-]+)\)$/.exec(entry.clerp) ?? [];
  return { text: text ?? entry.clerp, probability: Number(p ?? 0) || 0 };
}

function targetInfo(entry: GraphJsonNode, index: number, probability: number, value: number): TargetInfo {
  const { text } = outputOf(entry);
  return {
    node: nodeId({ kind: "target", index }),
    id: Number(/^\d+_(\d+)_\d+$/.exec(entry.node_id)?.[1] ?? entry.feature ?? -1),
    text,
    value,
    probability,
    position: entry.ctx_idx,
    what: `logit of "${text}" minus the mean logit, as far as the file holds its edges`,
  };
}

function labelsOf(json: GraphJson, nodes: readonly Node[], kept: readonly GraphJsonNode[], first: Map<string, number>) {
  const labels = new Map<number, Label>();
  kept.forEach((entry, i) => {
    const { kind } = nodes[i]!;
    if ((kind !== "unit" && kind !== "mlp") || entry.clerp.trim() === "") return;
    labels.set(i, { text: entry.clerp.trim(), source: "model", confidence: 0.5 });
  });
  for (const [id, text] of json.qParams.clerps ?? []) {
    const node = first.get(id);
    if (node !== undefined) labels.set(node, { text, source: "user", confidence: 1 });
  }
  return labels;
}

function groupsOf(json: GraphJson, nodes: readonly Node[], first: Map<string, number>, notes: string[]): Group[] {
  let missing = 0;
  const groups = (json.qParams.supernodes ?? []).flatMap(([label, ...members]): Group[] => {
    const known = members.flatMap(id => first.get(id) ?? []);
    missing += members.length - known.length;
    const inside = known.filter(i => nodes[i]!.kind !== "target").sort((a, b) => a - b);
    if (inside.length === 0) return [];
    const kind = inside.every(i => nodes[i]!.kind === "embedding") ? "tokens" : "units";
    return [{ kind, members: inside, name: label ?? "" }];
  });
  if (missing > 0) notes.push(`${missing} members of supernodes are not in the graph`);
  return groups;
}
