/**
 * Which nodes and edges of a graph are worth drawing: those that carry most of the influence.
 *
 * As circuit-tracer does it: keep the most influential nodes until they hold `nodes` of all influence (tokens and
 * targets stay in any case), then the strongest edges among them until they hold `edges` of all edge scores, then drop
 * what has lost its last edge, again and again until nothing changes. Only scores that are not zero are sorted, so no
 * N² appears; sums are float64, since real graphs pass a threshold by 7e-6.
 *
 * Biases and coarse `mlp` nodes, which the peer lacks, are bystanders: they are kept by the same thresholds, but no
 * other node's fate depends on them. Nodes chosen elsewhere all stay, each with at least its strongest edge.
 */
import { condenseAsPeer } from "./condense.ts";
import { flow, peerNodes, rowMass, rowOfNode, targetWeights } from "./flow.ts";
import type { Graph } from "./graph.ts";

export interface Pruning {
  /** [node] 1 = kept */
  readonly nodes: Uint8Array;
  /** [edge] 1 = kept; parallel to `graph.source` */
  readonly edges: Uint8Array;
  /**
   * [node] share of all influence held by this node and the more influential ones: small = important. This is the
   * `influence` of the peer's JSON, by which viewers filter. 1 for bystanders.
   */
  readonly cumulative: Float64Array;
}

export interface PruneOptions {
  /** Share of influence that the kept nodes hold: 0.8. 1 keeps every node that has any. */
  readonly nodes?: number;
  /** Share of edge scores that the kept edges hold: 0.98. */
  readonly edges?: number;
  /** At most this many units and coarse `mlp` nodes, the most influential first. */
  readonly most?: number;
  /** [node] nodes chosen elsewhere (1 = keep), in place of the node threshold; none of them is dropped. */
  readonly chosen?: Uint8Array;
}

/** The score at which the running sum of the descending scores first reaches `share` of their total. */
export function thresholdOf(scores: Float64Array, share: number): number {
  const sorted = scores.filter(score => score > 0).sort((a, b) => b - a);
  let total = 0;
  for (const score of sorted) total += score;
  let sum = 0;
  for (const score of sorted) {
    sum += score;
    if (sum / total >= share) return score;
  }
  return sorted.length > 0 && share >= 1 ? sorted[sorted.length - 1]! : Infinity;
}

export function prune(whole: Graph, options: PruneOptions = {}): Pruning {
  const { nodes: nodeShare = 0.8, edges: edgeShare = 0.98 } = options;
  const { graph, edges: places } = withoutLeaves(whole, options.chosen);
  const peer = peerNodes(graph);
  const arrived = flow(graph, { counted: peer });
  const nodes = options.chosen
    ? chosenNodes(graph, options.chosen)
    : influential(graph, peer, arrived, nodeShare, options.most ?? Infinity);

  const scores = edgeScores(graph, peer, nodes);
  const shared = scores.filter((_, edge) => peer[graph.source[edge]!]);
  const least = thresholdOf(shared, edgeShare);
  const edges = Uint8Array.from(scores, score => (score > 0 && score >= least ? 1 : 0));
  if (options.chosen) keepStrongest(graph, nodes, scores, edges);
  else dropLoose(graph, peer, nodes, edges);
  const all = new Uint8Array(whole.source.length);
  for (let i = 0; i < edges.length; i++) all[places?.[i] ?? i] = edges[i]!;
  return { nodes, edges: all, cumulative: cumulativeShares(arrived, peer) };
}

/**
 * Units that were not expanded are no peer nodes: their edges divide no mass, and none is kept unless it was chosen. So
 * the walks below may leave those edges out.
 */
function withoutLeaves(whole: Graph, chosen: Uint8Array | undefined): { graph: Graph; edges?: Uint32Array } {
  const rows = rowOfNode(whole);
  if (chosen && whole.nodes.some((node, i) => node.kind === "unit" && chosen[i] && rows[i]! < 0))
    return { graph: whole };
  return condenseAsPeer(whole);
}

/** Pruning that keeps everything: `--prune none`. */
export function pruneNothing(graph: Graph): Pruning {
  const peer = peerNodes(graph);
  return {
    nodes: new Uint8Array(graph.nodes.length).fill(1),
    edges: new Uint8Array(graph.source.length).fill(1),
    cumulative: cumulativeShares(flow(graph, { counted: peer }), peer),
  };
}

function always(graph: Graph, node: number): boolean {
  const kind = graph.nodes[node]!.kind;
  return kind === "embedding" || kind === "target";
}

function chosenNodes(graph: Graph, chosen: Uint8Array): Uint8Array {
  return Uint8Array.from(graph.nodes, (_, i) => (chosen[i] || always(graph, i) ? 1 : 0));
}

function influential(graph: Graph, peer: Uint8Array, arrived: Float64Array, share: number, most: number): Uint8Array {
  const least = thresholdOf(
    arrived.filter((_, i) => peer[i]),
    share,
  );
  const expanded = new Uint8Array(graph.nodes.length);
  for (const node of graph.rowNode) expanded[node] = 1;
  const keep = Uint8Array.from(graph.nodes, (node, i) => {
    if (always(graph, i)) return 1;
    return arrived[i]! > 0 && arrived[i]! >= least && (node.kind !== "unit" || expanded[i]) ? 1 : 0;
  });
  const counted = [...keep.keys()].filter(i => {
    const kind = graph.nodes[i]!.kind;
    return keep[i] && (kind === "unit" || kind === "mlp");
  });
  counted.sort((a, b) => arrived[b]! - arrived[a]! || a - b);
  for (const node of counted.slice(Math.min(most, counted.length))) keep[node] = 0;
  return keep;
}

/** [edge] influence that runs through an edge when only `nodes` are left and rows are divided anew; 0 where an end is gone. */
function edgeScores(graph: Graph, peer: Uint8Array, nodes: Uint8Array): Float64Array {
  const counted = peer.map((is, i) => is & nodes[i]!);
  const rest: Graph = { ...graph, rowDroppedAbsolute: new Float64Array(graph.rowNode.length) };
  const arrived = flow(rest, { counted });
  const start = targetWeights(graph);
  const mass = rowMass(rest, counted);
  const scores = new Float64Array(graph.source.length);
  graph.rowNode.forEach((node, row) => {
    if (!nodes[node]) return;
    const share = (arrived[node]! + start[node]!) / mass[row]!;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      if (nodes[graph.source[edge]!]) scores[edge] = share * Math.abs(graph.weight[edge]!);
    }
  });
  return scores;
}

/** Units and errors need an edge out, units also an edge in from a node that the peer has; repeat until none is lost. Changes both masks. */
function dropLoose(graph: Graph, peer: Uint8Array, nodes: Uint8Array, edges: Uint8Array): void {
  for (let changed = true; changed; ) {
    changed = false;
    const into = new Uint8Array(nodes.length);
    const out = new Uint8Array(nodes.length);
    graph.rowNode.forEach((target, row) => {
      for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
        const source = graph.source[edge]!;
        if (!nodes[target] || !nodes[source]) edges[edge] = 0;
        if (!edges[edge]) continue;
        out[source] = 1;
        if (peer[source]) into[target] = 1;
      }
    });
    graph.nodes.forEach((node, i) => {
      if (!nodes[i] || always(graph, i)) return;
      if (out[i] && (node.kind !== "unit" || into[i])) return;
      nodes[i] = 0;
      changed = true;
    });
  }
}

/** Gives every kept node the strongest of its edges out, however weak. Changes the edge mask. */
function keepStrongest(graph: Graph, nodes: Uint8Array, scores: Float64Array, edges: Uint8Array): void {
  const strongest = new Int32Array(nodes.length).fill(-1);
  graph.source.forEach((source, edge) => {
    const best = strongest[source]!;
    if (scores[edge]! > (best < 0 ? 0 : scores[best]!)) strongest[source] = edge;
  });
  for (const edge of strongest) if (edge >= 0) edges[edge] = 1;
}

function cumulativeShares(arrived: Float64Array, peer: Uint8Array): Float64Array {
  const order = [...arrived.keys()].filter(i => peer[i]).sort((a, b) => arrived[b]! - arrived[a]! || a - b);
  let total = 0;
  for (const i of order) total += arrived[i]!;
  const shares = new Float64Array(arrived.length).fill(1);
  let sum = 0;
  for (const i of order) {
    sum += arrived[i]!;
    if (total > 0) shares[i] = Math.min(1, sum / total);
  }
  return shares;
}
