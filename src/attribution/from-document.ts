/**
 * The graph inside a saved trace, so that it can be grouped anew, told anew and exported without its model. Edges that
 * the document left out count as dropped: their absolute sum is known from each node's `mass`.
 */
import { Problem } from "../core/problem.ts";
import type { NodeInfo, TraceDocument } from "./document.ts";
import type { Graph } from "./graph.ts";
import { parseNodeId } from "./node.ts";

type Part = Pick<TraceDocument, "nodes" | "edges" | "targets">;

/** Node i of the graph is `document.nodes[i]`. */
export function fromDocument(document: Part): Graph {
  const numbers = new Map(document.nodes.map((node, i) => [node.id, i]));
  const number = (id: string, of: string) => {
    const known = numbers.get(id);
    if (known === undefined) throw new Problem(`${of} names the node ${id}, which the trace does not hold`);
    return known;
  };
  const incoming: { source: number; weight: number }[][] = document.nodes.map(() => []);
  document.edges.forEach((edge, i) => {
    const source = number(edge.source, `edge ${i}`);
    incoming[number(edge.target, `edge ${i}`)]!.push({ source, weight: edge.weight });
  });
  const rows = [...document.nodes.keys()].filter(i => document.nodes[i]!.expanded || incoming[i]!.length > 0);
  const rowStart = new Uint32Array(rows.length + 1);
  rows.forEach((node, row) => {
    rowStart[row + 1] = rowStart[row]! + incoming[node]!.length;
  });
  const edges = rows.flatMap(node => incoming[node]!);
  const value = (node: number) => document.nodes[node]!.activation;
  const sum = (node: number, of: (weight: number) => number) =>
    incoming[node]!.reduce((total, edge) => total + of(edge.weight), 0);
  return {
    nodes: document.nodes.map(nodeOf),
    activation: Float32Array.from(document.nodes, node => node.activation),
    targets: document.targets.map((target, i) => ({
      node: number(target.node, `target ${i}`),
      weight: target.foil ? 1 : target.probability,
    })),
    rowNode: Uint32Array.from(rows),
    rowStart,
    source: Uint32Array.from(edges, edge => edge.source),
    weight: Float32Array.from(edges, edge => edge.weight),
    rowValue: Float64Array.from(rows, value),
    rowDropped: Float64Array.from(rows, node => value(node) - sum(node, weight => weight)),
    rowDroppedAbsolute: Float64Array.from(rows, node => {
      return Math.max(0, (document.nodes[node]!.mass ?? 0) - sum(node, Math.abs));
    }),
  };
}

/** [node] the `mass` that a document keeps: absolute sum of a row with what it dropped; undefined without a row. */
export function massOf(graph: Graph): (number | undefined)[] {
  const mass = new Array<number | undefined>(graph.nodes.length).fill(undefined);
  graph.rowNode.forEach((node, row) => {
    let sum = graph.rowDroppedAbsolute[row]!;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) sum += Math.abs(graph.weight[edge]!);
    mass[node] = sum;
  });
  return mass;
}

function nodeOf(info: NodeInfo) {
  const node = parseNodeId(info.id);
  if (!node) throw new Problem(`“${info.id}” is no node of a trace`, { advice: "a trace that this version wrote" });
  return node;
}
