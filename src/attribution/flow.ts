/**
 * How mass runs down a graph: it starts on the targets and, at each expanded node, divides over the sources of the
 * node's row in proportion to their absolute weights.
 *
 * The graph is acyclic, so one pass over the rows, every row after all the rows that feed on it, gives the whole sum
 * w + wM + wM² + … that the peer reaches by powers of a dense matrix. Knows nothing of thresholds, boxes or screens.
 */
import { Problem } from "../core/problem.ts";
import type { Graph } from "./graph.ts";
import { nodeId } from "./node.ts";

/** [node] the row of each node, −1 where its row was not computed. */
export function rowOfNode(graph: Graph): Int32Array {
  const rows = new Int32Array(graph.nodes.length).fill(-1);
  graph.rowNode.forEach((node, row) => {
    rows[node] = row;
  });
  return rows;
}

/** [node] 1 for every node. */
export function everyNode(graph: Graph): Uint8Array {
  return new Uint8Array(graph.nodes.length).fill(1);
}

/**
 * [node] 1 for the nodes that the peer's graph would hold too: no biases, no coarse `mlp` nodes, and no unit whose
 * row was not computed (it drops the columns of those). While rows are still being chosen it counts all units.
 */
export function peerNodes(graph: Graph, options: { unexpanded?: boolean } = {}): Uint8Array {
  const rows = rowOfNode(graph);
  return Uint8Array.from(graph.nodes, (node, i) => {
    if (node.kind === "bias" || node.kind === "mlp") return 0;
    return node.kind === "unit" && rows[i]! < 0 && !options.unexpanded ? 0 : 1;
  });
}

/** [row] rows in an order in which each comes after all the rows that feed on it: targets first. Throws a Problem on a cycle. */
export function topDown(graph: Graph): Uint32Array {
  const known = orders.get(graph.source);
  if (known && known.rowNode === graph.rowNode) return known.order;
  const order = sortRows(graph);
  orders.set(graph.source, { rowNode: graph.rowNode, order });
  return order;
}

/** Graphs do not change, and a chart asks for the order of the same edges some twenty times. */
const orders = new WeakMap<Uint32Array, { rowNode: Uint32Array; order: Uint32Array }>();

function sortRows(graph: Graph): Uint32Array {
  const rows = rowOfNode(graph);
  const waiting = new Uint32Array(graph.nodes.length); // edges into expanded nodes that have not yet run
  for (const source of graph.source) waiting[source]!++;
  const order = new Uint32Array(graph.rowNode.length);
  let filled = 0;
  for (let row = 0; row < graph.rowNode.length; row++) if (waiting[graph.rowNode[row]!] === 0) order[filled++] = row;
  for (let done = 0; done < filled; done++) {
    const row = order[done]!;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const source = graph.source[edge]!;
      if (--waiting[source]! === 0 && rows[source]! >= 0) order[filled++] = rows[source]!;
    }
  }
  if (filled < order.length) {
    const stuck = graph.rowNode.find(node => waiting[node]! > 0)!;
    throw new Problem("the graph runs in a circle, so influence has no end", {
      where: `through ${nodeId(graph.nodes[stuck]!)}`,
      advice: "another file: attribution graphs only lead from lower layers to higher ones",
    });
  }
  return order;
}

/**
 * [row] absolute mass of a row over the counted sources, plus what the row has dropped (it is not known whose that was).
 * At least `1e-10`, as in the peer, so that an empty row passes nothing on.
 */
export function rowMass(graph: Graph, counted: Uint8Array, dropped = true): Float64Array {
  const mass = new Float64Array(graph.rowNode.length);
  for (let row = 0; row < mass.length; row++) {
    let sum = dropped ? graph.rowDroppedAbsolute[row]! : 0;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      if (counted[graph.source[edge]!]) sum += Math.abs(graph.weight[edge]!);
    }
    mass[row] = Math.max(sum, 1e-10);
  }
  return mass;
}

/** [row] `rowMass` over every node. */
export function wholeRowMass(graph: Graph): Float64Array {
  const known = masses.get(graph.weight);
  if (known && known.dropped === graph.rowDroppedAbsolute) return known.mass;
  const mass = rowMass(graph, everyNode(graph));
  masses.set(graph.weight, { dropped: graph.rowDroppedAbsolute, mass });
  return mass;
}

const masses = new WeakMap<Float32Array, { dropped: Float64Array; mass: Float64Array }>();

export interface FlowOptions {
  /** [node] 1 for the sources among which a row's mass divides. Default: every node. */
  readonly counted?: Uint8Array;
  /** [node] 1 where mass stays instead of running on. */
  readonly stop?: Uint8Array;
  /** [node] mass to begin with. Default: the targets' weights. */
  readonly start?: Float64Array;
  /** [edge] 0 where an edge carries nothing although the row's mass counts it: that mass is lost from sight. */
  readonly edges?: Uint8Array;
}

/** Targets' weights, one a node. */
export function targetWeights(graph: Graph): Float64Array {
  const weights = new Float64Array(graph.nodes.length);
  for (const target of graph.targets) weights[target.node]! += target.weight;
  return weights;
}

/**
 * [node] the mass that arrives at each node (a start is not an arrival). Sources outside `counted` receive what they
 * would, measured by the same row mass, but pass nothing on: they are bystanders.
 */
export function flow(graph: Graph, options: FlowOptions = {}): Float64Array {
  const counted = options.counted;
  const start = options.start ?? targetWeights(graph);
  const mass = counted ? rowMass(graph, counted) : wholeRowMass(graph);
  const arrived = new Float64Array(graph.nodes.length);
  for (const row of topDown(graph)) {
    const node = graph.rowNode[row]!;
    const total = start[node]! + ((!counted || counted[node]) && !options.stop?.[node] ? arrived[node]! : 0);
    if (total === 0) continue;
    const share = total / mass[row]!;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      if (options.edges && !options.edges[edge]) continue;
      arrived[graph.source[edge]!]! += share * Math.abs(graph.weight[edge]!);
    }
  }
  return arrived;
}
