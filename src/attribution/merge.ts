/** Several nodes made one: what they sent to a target is added up, sign and all. */
import type { Graph } from "./graph.ts";
import type { Node } from "./node.ts";

export interface Merging {
  /** What the merged graph is made of, and [node] the activation of each. */
  readonly nodes: readonly Node[];
  readonly activation: Float32Array;
  /** [node of the old graph] the new graph's node that stands for it. */
  readonly becomes: ArrayLike<number>;
  /** Rows of the old graph that stay, ascending. */
  readonly rows: readonly number[];
}

/** One pass over the edges of the rows that stay; sums in float64. What a row had dropped stays dropped. */
export function merge(graph: Graph, { nodes, activation, becomes, rows }: Merging): Graph {
  const edges = rows.reduce((sum, row) => sum + graph.rowStart[row + 1]! - graph.rowStart[row]!, 0);
  const rowStart = new Uint32Array(rows.length + 1);
  const source = new Uint32Array(edges);
  const weight = new Float64Array(edges);
  const at = new Int32Array(nodes.length).fill(-1); // node → its edge in the row being built
  let length = 0;
  rows.forEach((row, i) => {
    const first = length;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const from = becomes[graph.source[edge]!]!;
      if (at[from]! < first) {
        at[from] = length;
        source[length++] = from;
      }
      weight[at[from]!]! += graph.weight[edge]!;
    }
    rowStart[i + 1] = length;
  });
  const some = (values: Float64Array) => Float64Array.from(rows, row => values[row]!);
  return {
    nodes,
    activation,
    targets: graph.targets.map(t => ({ ...t, node: becomes[t.node]! })),
    rowNode: Uint32Array.from(rows, row => becomes[graph.rowNode[row]!]!),
    rowStart,
    source: source.slice(0, length),
    weight: Float32Array.from(weight.subarray(0, length)),
    rowValue: some(graph.rowValue),
    rowDropped: some(graph.rowDropped),
    rowDroppedAbsolute: some(graph.rowDroppedAbsolute),
  };
}
