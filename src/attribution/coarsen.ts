/**
 * Whole MLP blocks in place of their units: at a coarse (layer, position), all that the block's units contribute to a
 * target becomes one edge from one `mlp` node. For early layers, which read tokens with thousands of units at once.
 *
 * Sums are exact; what a row had dropped stays dropped. Rows of units inside a coarse block go: the block is not taken
 * apart. The original's units cannot be told from it any more.
 */
import type { Graph } from "./graph.ts";
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
  const source: number[] = [];
  const weight: number[] = [];
  const rowStart = new Uint32Array(rows.length + 1);
  const at = new Map<number, number>();
  rows.forEach((row, r) => {
    at.clear();
    for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) {
      const to = becomes[graph.source[e]!]!;
      const had = at.get(to);
      if (had === undefined) {
        at.set(to, source.length);
        source.push(to);
        weight.push(graph.weight[e]!);
      } else weight[had]! += graph.weight[e]!;
    }
    rowStart[r + 1] = source.length;
  });
  const some = (values: Float64Array) => Float64Array.from(rows, row => values[row]!);
  return {
    nodes,
    activation: Float32Array.from(activation),
    targets: graph.targets.map(t => ({ ...t, node: becomes[t.node]! })),
    rowNode: Uint32Array.from(rows, row => becomes[graph.rowNode[row]!]!),
    rowStart,
    source: Uint32Array.from(source),
    weight: Float32Array.from(weight),
    rowValue: some(graph.rowValue),
    rowDropped: some(graph.rowDropped),
    rowDroppedAbsolute: some(graph.rowDroppedAbsolute),
  };
}
