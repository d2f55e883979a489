/**
 * A graph without the edges that lead nowhere: those from units whose rows were not computed. They are most of the edges
 * (nineteen in twenty, where rows are exact), nothing runs on through them, and a chart walks its graph dozens of times.
 */
import { rowOfNode } from "./flow.ts";
import type { Graph } from "./graph.ts";

export interface Condensed {
  /** Same nodes and rows, fewer edges; what is gone counts as dropped by its row, so that masses and sums stay. */
  readonly graph: Graph;
  /** [edge] its place among the whole graph's edges, ascending. */
  readonly edges: Uint32Array;
}

/** Keeps edges from all nodes but unexpanded units. Two passes over the edges, once for the same edges. */
export function condense(graph: Graph): Condensed {
  const known = condensed.get(graph.source);
  const parts = known && known.weight === graph.weight ? known.parts : withoutLeaves(graph);
  condensed.set(graph.source, { weight: graph.weight, parts });
  const { edges, ...light } = parts;
  return { graph: { ...graph, ...light }, edges };
}

/** The same in the peer's reading: units without rows are none of its nodes, so what they sent is left out, not dropped. */
export function condenseAsPeer(graph: Graph): Condensed {
  const { graph: light, edges } = condense(graph);
  return { graph: { ...light, rowDropped: graph.rowDropped, rowDroppedAbsolute: graph.rowDroppedAbsolute }, edges };
}

type Parts = Pick<Graph, "rowStart" | "source" | "weight" | "rowDropped" | "rowDroppedAbsolute"> &
  Pick<Condensed, "edges">;

/** Graphs do not change; the same edges come with other targets. */
const condensed = new WeakMap<Uint32Array, { readonly weight: Float32Array; readonly parts: Parts }>();

function withoutLeaves(graph: Graph): Parts {
  const rows = rowOfNode(graph);
  const keep = Uint8Array.from(graph.nodes, (node, i) => (node.kind !== "unit" || rows[i]! >= 0 ? 1 : 0));
  let kept = 0;
  for (const source of graph.source) kept += keep[source]!;
  const edges = new Uint32Array(kept);
  const source = new Uint32Array(kept);
  const weight = new Float32Array(kept);
  const rowStart = new Uint32Array(graph.rowStart.length);
  const rowDropped = graph.rowDropped.slice();
  const rowDroppedAbsolute = graph.rowDroppedAbsolute.slice();
  let at = 0;
  for (let row = 0; row < graph.rowNode.length; row++) {
    let [sum, absolute] = [0, 0];
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const value = graph.weight[edge]!;
      if (keep[graph.source[edge]!]) {
        edges[at] = edge;
        source[at] = graph.source[edge]!;
        weight[at++] = value;
      } else {
        sum += value;
        absolute += Math.abs(value);
      }
    }
    rowStart[row + 1] = at;
    rowDropped[row]! += sum;
    rowDroppedAbsolute[row]! += absolute;
  }
  return { rowStart, source, weight, rowDropped, rowDroppedAbsolute, edges };
}
