/**
 * Supernodes: named groups of nodes at one place in the argument, and the edges between them. Takes a graph and groups
 * (chosen by `grouping.ts`, by a user, or from a file) and says of each what it holds, where, and how much of the answer
 * runs through it. Labels here only name the place; better words come from `features/`.
 */
import { boxFlow } from "./box-flow.ts";
import type { SuperedgeInfo, SupernodeInfo } from "./document.ts";
import { effects, jointEffect } from "./effect.ts";
import type { Graph } from "./graph.ts";
import { chooseGroups, type Group } from "./grouping.ts";
import { influence, shareThrough } from "./influence.ts";
import { nodeId } from "./node.ts";
import { quote } from "./words.ts";

export interface SupernodeOptions {
  /** [node] 1 = drawn; only those are put in boxes. Default: all. */
  readonly shown?: Uint8Array;
  readonly tokens: readonly { readonly text: string }[];
  /** Positions at which a contrast has another token: their words have a box, however little they weigh. */
  readonly differ?: ReadonlySet<number> | undefined;
  /** Boxes of tokens and units together, 5 to 12 for a chart that can be read. Default 12. */
  readonly boxes?: number;
  /** [node] signed contribution to the answer, where it is known better than from the rows. */
  readonly effect?: ArrayLike<number>;
  /** What a unit writes into the residual stream. */
  readonly decoder?: (node: number) => Float32Array | undefined;
  /** Which of `graph.targets` is the answer. Default: the first. */
  readonly target?: number;
}

export interface Supernodes {
  /** Tokens first, then units from early to late, then other, then the answer. */
  readonly supernodes: readonly SupernodeInfo[];
  /** Strongest first; shares and logits. Boxes of kind "other" have edges out but none in. */
  readonly superedges: readonly Required<SuperedgeInfo>[];
  /** [node] place in `supernodes`, −1 for nodes in no box. */
  readonly boxOf: Int32Array;
}

/** Automatic boxes. */
export function supernodes(graph: Graph, options: SupernodeOptions): Supernodes {
  const alone = answerOnly(graph, options.target ?? 0);
  const groups = chooseGroups(alone, {
    shown: options.shown ?? new Uint8Array(graph.nodes.length).fill(1),
    influence: influence(alone),
    effect: options.effect ?? effects(alone),
    tokens: options.tokens,
    differ: options.differ,
    boxes: options.boxes,
    decoder: options.decoder,
  });
  return describe(graph, groups, options);
}

/** Boxes for given groups. A node that two groups claim stays in the first. */
export function describe(graph: Graph, groups: readonly Group[], options: SupernodeOptions): Supernodes {
  const target = options.target ?? 0;
  const alone = answerOnly(graph, target);
  const answer = graph.targets[target]!.node;
  const claimed = new Set<number>([answer]);
  const distinct = groups.flatMap(group => {
    const members = group.members.filter(i => !claimed.has(i));
    for (const member of members) claimed.add(member);
    return members.length > 0 ? [{ ...group, members }] : [];
  });
  const number = new Int32Array(graph.nodes.length).fill(-1);
  distinct.forEach((group, box) => {
    for (const member of group.members) number[member] = box;
  });
  const run = boxFlow(
    alone,
    number,
    distinct.map(group => group.kind === "units"),
  );

  const kinds = ["tokens", "units", "other"] as const;
  const order = kinds.flatMap(kind => {
    const some = run.order.filter(box => distinct[box]!.kind === kind);
    return kind === "tokens" ? some.sort((a, b) => distinct[a]!.members[0]! - distinct[b]!.members[0]!) : some;
  });
  const place = new Map(order.map((box, i) => [box, i]));
  const bare = order.map((box, i) => boxInfo(alone, distinct[box]!, i, options));
  const name = (box: number) => (box < 0 ? nodeId(graph.nodes[answer]!) : bare[place.get(box)!]!.id);
  const superedges = run.edges
    .filter(edge => edge.share > 0)
    .map(edge => ({ source: name(edge.source), target: name(edge.target), weight: edge.weight, share: edge.share }));

  const infos = bare.map((info, i) => {
    const entered = run.entered[order[i]!]!;
    const reads = superedges
      .filter(edge => edge.target === info.id)
      .map(edge => {
        const source = bare.find(other => other.id === edge.source)!;
        const sign = Math.sign(edge.weight) * (Math.sign(info.effect) || 1) || 1;
        return { id: source.id, label: source.label.text, share: entered > 0 ? (sign * edge.share) / entered : 0 };
      });
    const ended = run.ended[order[i]!]!;
    return info.kind === "units" && ended > 0 ? { ...info, begins: ended, reads } : { ...info, reads };
  });
  const boxOf = number.map(box => (box < 0 ? -1 : place.get(box)!));
  boxOf[answer] = infos.length;
  return { supernodes: [...infos, answerBox(graph, answer, superedges, infos, options)], superedges, boxOf };
}

function answerOnly(graph: Graph, target: number): Graph {
  return { ...graph, targets: [{ node: graph.targets[target]!.node, weight: 1 }] };
}

function boxInfo(graph: Graph, group: Group, i: number, { tokens, effect }: SupernodeOptions): SupernodeInfo {
  const nodes = group.members.map(member => graph.nodes[member]!);
  const positions = nodes.flatMap(node => ("position" in node ? [node.position] : []));
  const layers = nodes.flatMap(node => ("layer" in node && typeof node.layer === "number" ? [node.layer] : []));
  const span = (values: number[]) => [least(values), most(values)] as const;
  const whole = { positions: span(positions), layers: layers.length > 0 ? span(layers) : ([-1, -1] as const) };
  const single = group.members.length === 1 ? effect?.[group.members[0]!] : undefined;
  return {
    id: `box.${i + 1}`,
    label: {
      text: group.name ?? placeName(group, whole.positions, whole.layers, tokens, new Set(positions).size),
      source: group.name === undefined ? "role" : "user",
      confidence: group.name === undefined ? 0 : 1,
    },
    kind: group.kind,
    members: nodes.map(nodeId),
    ...whole,
    share: shareThrough(graph, group.members),
    effect: single ?? jointEffect(graph, group.members),
    reads: [],
  };
}

function placeName(
  group: Group,
  [first, last]: readonly [number, number],
  [low, high]: readonly [number, number],
  tokens: SupernodeOptions["tokens"],
  places: number,
): string {
  const where = quote(tokens, first, last);
  const depth = low === high ? `layer ${low}` : `layers ${low}–${high}`;
  switch (group.kind) {
    case "tokens":
      return where;
    case "units":
      return `at ${where}, ${depth}`;
    case "other":
      if (high < 0) return `${places} other token${places === 1 ? "" : "s"}`;
      return places > 1 ? `other, ${places} tokens` : `other at ${where}`;
  }
}

function answerBox(
  graph: Graph,
  answer: number,
  superedges: readonly Required<SuperedgeInfo>[],
  boxes: readonly SupernodeInfo[],
  { tokens }: SupernodeOptions,
): SupernodeInfo {
  const id = nodeId(graph.nodes[answer]!);
  const row = graph.rowNode.indexOf(answer);
  const layers = graph.nodes.flatMap(node => (node.kind === "unit" ? [node.layer] : []));
  const last = Math.max(0, tokens.length - 1);
  const top = most(layers) + 1;
  return {
    id,
    label: { text: "the answer", source: "role", confidence: 0 },
    kind: "target",
    members: [id],
    positions: [last, last],
    layers: [top, top],
    share: 1,
    effect: row < 0 ? 0 : graph.rowValue[row]!,
    reads: superedges
      .filter(edge => edge.target === id)
      .map(edge => ({
        id: edge.source,
        label: boxes.find(box => box.id === edge.source)!.label.text,
        share: (Math.sign(edge.weight) || 1) * edge.share,
      })),
  };
}

/** Not Math.min(...values): a box may hold more members than a call may have arguments. */
const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), values[0] ?? 0);
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), values[0] ?? 0);
