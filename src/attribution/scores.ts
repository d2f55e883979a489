/**
 * Two numbers by which graphs are compared across tools, each in two readings that must never be mixed up:
 * `scores` over the whole graph, as circuit-tracer prints them; `prunedScores` over what is drawn, where every unit
 * that is not drawn counts as error, as Neuronpedia's subgraph does.
 *
 * Replacement: of the influence that ends at tokens or errors, the share that ends at tokens.
 * Completeness: how much of the input of nodes, weighted by their influence, is not error.
 * What rows have dropped is of unknown kind and counts as error: the scores can only be too low.
 */
import { condenseAsPeer } from "./condense.ts";
import { flow, peerNodes, rowMass, targetWeights } from "./flow.ts";
import type { Graph } from "./graph.ts";
import { merge } from "./merge.ts";
import { type Node, nodeId } from "./node.ts";

export interface Scores {
  readonly replacement: number;
  readonly completeness: number;
}

export function scores(graph: Graph): Scores {
  const counted = peerNodes(graph);
  const arrived = flow(graph, { counted });
  const start = targetWeights(graph);
  const mass = rowMass(graph, counted);
  let tokens = 0;
  let errors = 0;
  let output = 0;
  graph.nodes.forEach((node, i) => {
    if (!counted[i]) return;
    output += arrived[i]! + start[i]!;
    if (node.kind === "embedding") tokens += arrived[i]!;
  });
  graph.rowNode.forEach((target, row) => {
    if (!counted[target]) return;
    let wrong = graph.rowDroppedAbsolute[row]!;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      if (graph.nodes[graph.source[edge]!]!.kind === "error") wrong += Math.abs(graph.weight[edge]!);
    }
    errors += (wrong / mass[row]!) * (arrived[target]! + start[target]!);
  });
  // Each error's influence is what rows send there, so `errors` is also what completeness loses.
  return {
    replacement: tokens + errors > 0 ? tokens / (tokens + errors) : 0,
    completeness: output > 0 ? 1 - errors / output : 0,
  };
}

/** Scores of what is drawn: units outside `kept` ([node] 1 = drawn) are folded into the error of their place. */
export function prunedScores(graph: Graph, kept: Uint8Array): Scores {
  return scores(foldIntoErrors(graph, kept));
}

/** All four, under the document's names. */
export function allScores(graph: Graph, kept: Uint8Array) {
  const whole = scores(condenseAsPeer(graph).graph);
  const drawn = prunedScores(graph, kept);
  return { ...whole, replacementPruned: drawn.replacement, completenessPruned: drawn.completeness };
}

/**
 * The graph without the units outside `kept` or never expanded: what each sent to a target is added, sign and all, to
 * the error node of its layer and position (made where there is none), and its own row is gone.
 */
export function foldIntoErrors(graph: Graph, kept: Uint8Array): Graph {
  const nodes: Node[] = [...graph.nodes];
  const expanded = new Uint8Array(graph.nodes.length);
  for (const node of graph.rowNode) expanded[node] = 1;
  const byId = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    if (node.kind === "error") byId.set(nodeId(node), i);
  });
  const becomes = Uint32Array.from(graph.nodes, (node, i) => {
    if (node.kind !== "unit" || (kept[i] && expanded[i])) return i;
    const error: Node = { kind: "error", layer: node.layer, position: node.position };
    const known = byId.get(nodeId(error));
    if (known !== undefined) return known;
    byId.set(nodeId(error), nodes.length);
    return nodes.push(error) - 1;
  });

  const rows = [...graph.rowNode.keys()].filter(row => becomes[graph.rowNode[row]!] === graph.rowNode[row]);
  const activation = new Float32Array(nodes.length).fill(1);
  activation.set(graph.activation);
  return merge(graph, { nodes, activation, becomes, rows });
}
