/**
 * How the answer's influence runs between boxes, exactly, member by member.
 *
 * It starts on the answer and goes on only through members of unit boxes; it ends in token boxes, in "other" boxes, at
 * coarse nodes, at errors and biases, or out of sight. Where two boxes feed each other (their layers interleave), the
 * weaker direction is cut, so that boxes can be drawn as a flow; what the cut carried counts as out of sight.
 */
import { flow, topDown, wholeRowMass } from "./flow.ts";
import type { Graph } from "./graph.ts";

export interface BoxFlow {
  /** Boxes in an order in which each comes before the boxes that it feeds. */
  readonly order: readonly number[];
  /** `target` −1 is the answer. `weight` in the answer's logits, `share` of its influence. Strongest first. */
  readonly edges: readonly {
    readonly source: number;
    readonly target: number;
    readonly share: number;
    readonly weight: number;
  }[];
  /** [box] influence that enters it. */
  readonly entered: Float64Array;
  /** [box] influence that ends in it. */
  readonly ended: Float64Array;
}

/**
 * `boxOf` [node] is the box of each node or −1, `passes` [box] whether influence runs on through it (unit boxes). The
 * answer is the target at `target` in `graph.targets`.
 */
export function boxFlow(graph: Graph, boxOf: Int32Array, passes: readonly boolean[], target = 0): BoxFlow {
  const answer = graph.targets[target]!.node;
  const alone: Graph = { ...graph, targets: [{ node: answer, weight: 1 }] };
  const order = orderOf(alone, boxOf, passes);
  const rank = new Int32Array(passes.length);
  order.forEach((box, i) => {
    rank[box] = i;
  });

  const here = new Float64Array(graph.nodes.length);
  const gain = new Float64Array(graph.nodes.length);
  here[answer] = 1;
  gain[answer] = 1;
  const mass = wholeRowMass(graph);
  const entered = new Float64Array(passes.length);
  const ended = new Float64Array(passes.length);
  const edges = new Map<string, { source: number; target: number; share: number; weight: number }>();
  for (const row of topDown(graph)) {
    const node = graph.rowNode[row]!;
    const to = node === answer ? -1 : boxOf[node]!;
    if (node !== answer && (to < 0 || !passes[to])) continue;
    if (here[node] === 0 && gain[node] === 0) continue;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const source = graph.source[edge]!;
      const from = boxOf[source]!;
      if (from < 0 || (to >= 0 && from !== to && passes[from] && rank[from]! > rank[to]!)) continue;
      const share = (here[node]! / mass[row]!) * Math.abs(graph.weight[edge]!);
      const weight = gain[node]! * graph.weight[edge]!;
      if (passes[from]) {
        here[source]! += share;
        if (graph.activation[source] !== 0) gain[source]! += weight / graph.activation[source]!;
      }
      if (from !== to) {
        entered[from]! += share;
        const key = `${from} ${to}`;
        const known = edges.get(key) ?? { source: from, target: to, share: 0, weight: 0 };
        known.share += share;
        known.weight += weight;
        edges.set(key, known);
      }
      const kind = graph.nodes[source]!.kind;
      if (!passes[from] || kind === "mlp" || kind === "embedding") ended[from]! += share;
    }
  }
  const sorted = [...edges.values()].sort((a, b) => b.share - a.share || a.source - b.source || a.target - b.target);
  return { order, edges: sorted, entered, ended };
}

/** Sources first. Where boxes run in a circle, the one that gives most and takes least is put first. */
function orderOf(graph: Graph, boxOf: Int32Array, passes: readonly boolean[]): number[] {
  const n = passes.length;
  const between = Array.from({ length: n }, () => new Float64Array(n)); // [source][target]
  const arrived = flow(graph);
  const mass = wholeRowMass(graph);
  graph.rowNode.forEach((node, row) => {
    const to = boxOf[node]!;
    if (to < 0 || !passes[to]) return;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const from = boxOf[graph.source[edge]!]!;
      if (from < 0 || from === to) continue;
      between[from]![to]! += (arrived[node]! / mass[row]!) * Math.abs(graph.weight[edge]!);
    }
  });
  const left = new Set(passes.keys());
  const order: number[] = [];
  while (left.size > 0) {
    let [best, first] = [-Infinity, -1];
    for (const box of left) {
      let [gives, takes] = [0, 0];
      for (const other of left) {
        gives += between[box]![other]!;
        takes += between[other]![box]!;
      }
      // A box that takes nothing from those left goes first without a doubt; among the rest, by the balance.
      const score = takes === 0 ? Infinity : (gives - takes) / (gives + takes);
      if (score > best) [best, first] = [score, box];
    }
    if (first < 0) first = left.values().next().value!;
    left.delete(first);
    order.push(first);
  }
  return order;
}
