/**
 * A node's influence: the share of the targets' weight that reaches it over all paths. With M the absolute adjacency,
 * each row divided by its sum, and w the targets' weights: wM + wM² + … (Ameisen et al. 2025).
 *
 * Two readings, which are never mixed: `influence` counts every node there is, so its shares add up and coverage is
 * built on it; `influenceAsPeer` counts only nodes that circuit-tracer has too, so that numbers can be compared.
 */
import { flow, peerNodes } from "./flow.ts";
import type { Graph } from "./graph.ts";

/** [node] influence, everything counted, what the rows dropped included (as mass that nobody receives). */
export function influence(graph: Graph): Float64Array {
  return flow(graph);
}

/**
 * [node] influence as circuit-tracer gives it: biases, coarse `mlp` nodes and unexpanded units are in nobody's
 * normaliser and have influence 0. `unexpanded: true` counts unexpanded units, as the peer does while it chooses rows.
 */
export function influenceAsPeer(graph: Graph, options: { unexpanded?: boolean } = {}): Float64Array {
  const counted = peerNodes(graph, options);
  return flow(graph, { counted }).map((value, i) => (counted[i] ? value : 0));
}

/**
 * Which share of the targets' weight passes through any of `members` (1 = all of it)? Mass stops at the first member
 * that it meets, so nothing is counted twice, however the members feed each other.
 */
export function shareThrough(graph: Graph, members: Iterable<number>): number {
  const stop = new Uint8Array(graph.nodes.length);
  for (const member of members) stop[member] = 1;
  const arrived = flow(graph, { stop });
  let share = 0;
  for (let i = 0; i < stop.length; i++) if (stop[i]) share += arrived[i]!;
  const weight = graph.targets.reduce((sum, target) => sum + target.weight, 0);
  return weight > 0 ? share / weight : 0;
}
