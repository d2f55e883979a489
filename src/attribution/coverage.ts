/**
 * How much of the answer a chart explains: four shares that add up to 1, printed wherever the chart is shown.
 *
 * Mass starts on the target and runs down as in `influence`, everything counted. It goes on only through units that
 * are shown and whose own row is known, and ends
 *   explained  at a token, or at a coarse `mlp` node that is drawn;
 *   error      at an error node (what a dictionary failed to rebuild), drawn or not;
 *   bias       at a bias node, drawn or not;
 *   hidden     at a unit or coarse node that is not drawn or was never expanded, on an edge that is not drawn
 *              (where edges are pruned too), in what a row has dropped, and at a row that holds nothing.
 * So drawing less can only move mass into `hidden`. The bookkeeping is exact up to float64 rounding.
 */
import type { Coverage } from "./document.ts";
import { rowOfNode, topDown, wholeRowMass } from "./flow.ts";
import type { Graph } from "./graph.ts";

export interface Shown {
  /** [node] 1 = drawn. Tokens and targets count as drawn in any case. */
  readonly nodes: Uint8Array;
  /** [edge] 1 = drawn. Without it every edge between drawn nodes counts (a box's edges sum over all of them). */
  readonly edges?: Uint8Array | undefined;
}

/** Coverage of one target (by its place in `graph.targets`; the first by default) or of all, by their weights. */
export function coverage(graph: Graph, shown: Shown, target: number | "all" = 0): Coverage {
  const rows = rowOfNode(graph);
  const mass = wholeRowMass(graph);
  const here = new Float64Array(graph.nodes.length);
  const targets = target === "all" ? graph.targets : graph.targets.slice(target, target + 1);
  const weight = targets.reduce((sum, t) => sum + t.weight, 0);
  for (const t of targets) here[t.node]! += weight > 0 ? t.weight / weight : 1 / targets.length;
  const shares = { explained: 0, error: 0, bias: 0, hidden: targets.length === 0 ? 1 : 0 };

  for (const t of targets) if (rows[t.node]! < 0) shares.hidden += here[t.node]!;
  for (const row of topDown(graph)) {
    const total = here[graph.rowNode[row]!]!;
    if (total === 0) continue;
    const unit = total / mass[row]!;
    let left = total;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const source = graph.source[edge]!;
      const part = unit * Math.abs(graph.weight[edge]!);
      left -= part;
      const end = endOf(graph, rows, shown, source, edge);
      if (end === "runs on") here[source]! += part;
      else shares[end] += part;
    }
    shares.hidden += left; // dropped, or nothing there to receive it
  }
  shares.hidden = Math.max(0, shares.hidden);
  return shares;
}

function endOf(graph: Graph, rows: Int32Array, shown: Shown, source: number, edge: number): keyof Coverage | "runs on" {
  const drawn = !shown.edges || shown.edges[edge] === 1;
  switch (graph.nodes[source]!.kind) {
    case "error":
      return "error";
    case "bias":
      return "bias";
    case "embedding":
      return drawn ? "explained" : "hidden";
    case "mlp":
      return drawn && shown.nodes[source] ? "explained" : "hidden";
    case "unit":
      return drawn && shown.nodes[source] && rows[source]! >= 0 ? "runs on" : "hidden";
    case "target":
      return "hidden"; // a target is nobody's source
  }
}
