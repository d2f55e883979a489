/** Graphs for tests: the peer's own (test/fixtures/circuit-tracer), and random ones from numbers that a test draws. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Graph } from "../src/attribution/graph.ts";
import type { Node } from "../src/attribution/node.ts";

export const cases = ["gpt2-relu", "gpt2-clt", "llama-skip", "llama-topk", "gemma2-jumprelu", "qwen3-relu"] as const;

export interface Golden {
  readonly token_ids: number[];
  readonly n_layers: number;
  readonly n_pos: number;
  readonly n_features: number;
  readonly n_nodes: number;
  readonly logit_targets: number[];
  readonly logit_probabilities: number[];
  /** [feature] layer, position, index, activation */
  readonly active_features: [number, number, number, number][];
  /** [features, then logits][source] */
  readonly adjacency_rows: number[][];
  readonly prune: {
    readonly node_mask: number[];
    readonly edge_mask_true_pairs_target_source: [number, number][];
    readonly cumulative_scores: number[];
  };
  readonly node_influence: number[];
  readonly graph_scores: { readonly replacement: number; readonly completeness: number };
  readonly limited: {
    readonly args: {
      readonly max_feature_nodes: number;
      readonly batch_size: number;
      readonly update_interval: number;
    };
    readonly selected_features: number[];
    readonly graph_scores: { readonly replacement: number; readonly completeness: number };
    readonly kept_nodes: number[];
  };
  readonly custom_targets: {
    readonly explicit_ids: CustomTargets & { readonly probabilities: number[] };
    readonly difference: CustomTargets;
  };
}

export interface CustomTargets {
  readonly targets: number[];
  /** [target][source] */
  readonly logit_rows: number[][];
  /** replacement, completeness */
  readonly graph_scores: [number, number];
}

export function golden(name: (typeof cases)[number]): Golden {
  return JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/circuit-tracer", name, "golden.json"), "utf8"));
}

/** Nodes in the peer's order: features, errors, tokens, logits. */
export function goldenNodes(g: Golden): Node[] {
  return [
    ...g.active_features.map(([layer, position, index]): Node => ({ kind: "unit", layer, position, index })),
    ...Array.from({ length: g.n_layers * g.n_pos }, (_, i): Node => {
      return { kind: "error", layer: Math.floor(i / g.n_pos), position: i % g.n_pos };
    }),
    ...g.token_ids.map((_, position): Node => ({ kind: "embedding", position })),
    ...g.logit_targets.map((_, index): Node => ({ kind: "target", index })),
  ];
}

export interface PlainRow {
  readonly node: number;
  readonly edges: readonly (readonly [source: number, weight: number])[];
  /** Signed and absolute sum of dropped edges. */
  readonly dropped?: readonly [number, number];
}

/** A graph from rows of pairs. A row's value is the sum of its edges and of what it dropped. */
export function graphOf(
  nodes: readonly Node[],
  targets: Graph["targets"],
  rows: readonly PlainRow[],
  activation?: Float32Array,
): Graph {
  const rowStart = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => {
    rowStart[i + 1] = rowStart[i]! + row.edges.length;
  });
  const edges = rows.flatMap(row => row.edges);
  return {
    nodes,
    targets,
    activation: activation ?? new Float32Array(nodes.length).fill(1),
    rowNode: Uint32Array.from(rows, row => row.node),
    rowStart,
    source: Uint32Array.from(edges, edge => edge[0]),
    weight: Float32Array.from(edges, edge => edge[1]),
    rowValue: Float64Array.from(
      rows,
      row => row.edges.reduce((sum, edge) => sum + edge[1], 0) + (row.dropped?.[0] ?? 0),
    ),
    rowDropped: Float64Array.from(rows, row => row.dropped?.[0] ?? 0),
    rowDroppedAbsolute: Float64Array.from(rows, row => row.dropped?.[1] ?? 0),
  };
}

/** The peer's whole graph, or the one in which only these features were expanded and kept. */
export function goldenGraph(g: Golden, expanded?: ReadonlySet<number>): Graph {
  const nodes = goldenNodes(g);
  const firstTarget = nodes.length - g.logit_targets.length;
  const rows = g.adjacency_rows.flatMap((weights, row): PlainRow[] => {
    const node = row < g.n_features ? row : firstTarget + row - g.n_features;
    if (expanded && row < g.n_features && !expanded.has(row)) return [];
    return [{ node, edges: weights.flatMap((w, source) => (w === 0 ? [] : [[source, w] as const])) }];
  });
  const activation = new Float32Array(nodes.length).fill(1);
  g.active_features.forEach((feature, i) => {
    activation[i] = feature[3];
  });
  const targets = g.logit_probabilities.map((weight, i) => ({ node: firstTarget + i, weight }));
  return graphOf(nodes, targets, rows, activation);
}

/** A random layered graph: every kind of node, some units unexpanded, some mass dropped. `random` gives 0 to 1. */
export function randomGraph(random: () => number, size: { layers: number; positions: number; units: number }): Graph {
  const nodes: Node[] = [];
  for (let layer = 0; layer < size.layers; layer++) {
    for (let i = 0; i < size.units; i++) {
      nodes.push({ kind: "unit", layer, position: Math.floor(random() * size.positions), index: i });
    }
    nodes.push({ kind: "bias", layer });
    nodes.push({ kind: "mlp", layer, position: 0 });
    nodes.push({ kind: "error", layer, position: Math.floor(random() * size.positions) });
  }
  for (let position = 0; position < size.positions; position++) nodes.push({ kind: "embedding", position });
  nodes.push({ kind: "target", index: 0 }, { kind: "target", index: 1 });
  const targets = [
    { node: nodes.length - 2, weight: 0.6 },
    { node: nodes.length - 1, weight: 0.25 },
  ];
  const feeds = (source: Node, target: Node) => {
    if (source.kind === "target") return false;
    if (target.kind === "target" || source.kind === "embedding") return true;
    return target.kind === "unit" && (source.layer as number) < target.layer;
  };
  const rows = nodes.flatMap((target, node): PlainRow[] => {
    if (target.kind !== "target" && (target.kind !== "unit" || random() < 0.2)) return [];
    const edges = nodes.flatMap((source, i) => {
      return feeds(source, target) && random() < 0.5 ? [[i, Math.fround(random() * 2 - 1)] as const] : [];
    });
    const lost = random() < 0.5 ? random() : 0;
    return [{ node, edges, dropped: [lost * (random() * 2 - 1), lost] }];
  });
  return graphOf(nodes, targets, rows);
}

/** A stream of numbers from a seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
