/**
 * Whole MLP blocks in place of their units: at a coarse (layer, position), all that the block's units contribute to a
 * target becomes one edge from one `mlp` node. For early layers, which read tokens with thousands of units at once.
 *
 * Sums are exact; what a row had dropped stays dropped. Rows of units inside a coarse block go: the block is not taken
 * apart. The original's units cannot be told from it any more.
 */
import type { Graph } from "./graph.ts";
import { merge } from "./merge.ts";
import type { Node } from "./node.ts";

export function coarsen(graph: Graph, coarse: readonly { readonly layer: number; readonly position: number }[]): Graph {
  if (coarse.length === 0) return graph;
  const places = new Map(coarse.map((c, i) => [`${c.layer}.${c.position}`, i]));
  const blockOf = (node: Node): number | undefined =>
    node.kind === "unit" || node.kind === "mlp" ? places.get(`${node.layer}.${node.position}`) : undefined;
  const nodes: Node[] = [];
  const activation: number[] = [];
  const blocks = new Int32Array(coarse.length).fill(-1);
  const becomes = new Int32Array(graph.nodes.length);
  graph.nodes.forEach((node, i) => {
    const block = blockOf(node);
    if (block !== undefined && blocks[block]! >= 0) {
      becomes[i] = blocks[block]!;
      return;
    }
    becomes[i] = nodes.length;
    if (block === undefined) {
      nodes.push(node);
      activation.push(graph.activation[i]!);
    } else {
      blocks[block] = nodes.length;
      nodes.push({ kind: "mlp", ...coarse[block]! });
      activation.push(1);
    }
  });

  const rows = [...graph.rowNode.keys()].filter(row => blockOf(graph.nodes[graph.rowNode[row]!]!) === undefined);
  return merge(graph, { nodes, activation: Float32Array.from(activation), becomes, rows });
}
