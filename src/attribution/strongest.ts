/**
 * The units of a chart by the size of what they add or take, for and against alike: a chart of supporters only could be
 * made to suffice at will (design §6). For `prune`'s `chosen`, where influence is too diffuse to choose by.
 */
import { rowOfNode } from "./flow.ts";
import type { Graph } from "./graph.ts";

/**
 * [node] 1 for the `most` expanded units and coarse `mlp` nodes with the greatest |effect|, and for every token, target,
 * error and bias. Ties go to the smaller node number.
 */
export function strongest(graph: Graph, effect: ArrayLike<number>, most: number): Uint8Array {
  const rows = rowOfNode(graph);
  const chosen = new Uint8Array(graph.nodes.length).fill(1);
  const candidates = [...graph.nodes.keys()].filter(i => {
    const { kind } = graph.nodes[i]!;
    if (kind !== "unit" && kind !== "mlp") return false;
    chosen[i] = 0;
    return effect[i] !== 0 && (kind === "mlp" || rows[i]! >= 0);
  });
  candidates.sort((a, b) => Math.abs(effect[b]!) - Math.abs(effect[a]!) || a - b);
  for (const node of candidates.slice(0, Math.max(0, most))) chosen[node] = 1;
  return chosen;
}
