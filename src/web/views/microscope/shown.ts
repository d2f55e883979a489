/** What of a trace is shown under the thresholds, and how much of the influence that is. Nothing is left out silently. Pure. */
import type { EdgeInfo, NodeInfo, TraceDocument } from "../../../attribution/document.ts";

export interface Cut {
  /** Nodes by influence until this share of it is shown, 0 to 1. */
  readonly nodes: number;
  /** Edges by weight until this share of their absolute sum is shown, 0 to 1. */
  readonly edges: number;
  /** Units that stand at more than this share of the tokens are hidden, 0 to 1; 1 hides none. */
  readonly density: number;
}

export const everything: Cut = { nodes: 1, edges: 0.8, density: 1 };

export interface Shown {
  readonly nodes: readonly NodeInfo[];
  readonly edges: readonly EdgeInfo[];
  /** Of all units, errors and blocks. */
  readonly count: number;
  readonly of: number;
  readonly influence: number;
  readonly edgeOf: number;
}

export function shownOf(document: TraceDocument, cut: Cut): Shown {
  const always = (node: NodeInfo) => node.kind === "embedding" || node.kind === "target";
  const inner = document.nodes.filter(node => !always(node)).sort((a, b) => b.influence - a.influence);
  const total = inner.reduce((sum, node) => sum + Math.max(0, node.influence), 0);
  const places = new Map<string, number>();
  for (const node of inner) {
    if (node.kind === "unit") {
      const key = `${node.layer}.${node.index}`;
      places.set(key, (places.get(key) ?? 0) + 1);
    }
  }
  const dense = (node: NodeInfo) =>
    node.kind === "unit" && (places.get(`${node.layer}.${node.index}`) ?? 0) > cut.density * document.tokens.length;
  const kept: NodeInfo[] = [];
  let sum = 0;
  let shownSum = 0;
  for (const node of inner) {
    if (sum >= cut.nodes * total && cut.nodes < 1) break;
    sum += Math.max(0, node.influence);
    if (dense(node)) continue;
    kept.push(node);
    shownSum += Math.max(0, node.influence);
  }
  const nodes = [...document.nodes.filter(always), ...kept];
  const ids = new Set(nodes.map(node => node.id));
  const between = document.edges
    .filter(edge => ids.has(edge.source) && ids.has(edge.target))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  const mass = between.reduce((s, edge) => s + Math.abs(edge.weight), 0);
  let flow = 0;
  let end = 0;
  while (end < between.length && (cut.edges >= 1 || flow < cut.edges * mass)) flow += Math.abs(between[end++]!.weight);
  return {
    nodes,
    edges: between.slice(0, end),
    count: kept.length,
    of: inner.length,
    influence: total > 0 ? shownSum / total : 1,
    edgeOf: document.edges.length,
  };
}

export interface Link {
  readonly id: string;
  readonly weight: number;
  /** Signed share of the absolute input of its target. */
  readonly share: number;
}

export interface Links {
  readonly inputs: ReadonlyMap<string, readonly Link[]>;
  readonly outputs: ReadonlyMap<string, readonly Link[]>;
}

/** Each node's inputs and outputs, strongest first, over all edges of the document. */
export function linksOf(document: TraceDocument): Links {
  const mass = new Map<string, number>();
  for (const edge of document.edges) mass.set(edge.target, (mass.get(edge.target) ?? 0) + Math.abs(edge.weight));
  for (const node of document.nodes) if (node.mass) mass.set(node.id, Math.max(node.mass, mass.get(node.id) ?? 0));
  const inputs = new Map<string, Link[]>();
  const outputs = new Map<string, Link[]>();
  const put = (map: Map<string, Link[]>, key: string, link: Link) => {
    const had = map.get(key);
    if (had) had.push(link);
    else map.set(key, [link]);
  };
  for (const { source, target, weight } of document.edges) {
    const share = weight / (mass.get(target) || 1);
    put(inputs, target, { id: source, weight, share });
    put(outputs, source, { id: target, weight, share });
  }
  const by = (a: Link, b: Link) => Math.abs(b.share) - Math.abs(a.share);
  for (const list of inputs.values()) list.sort(by);
  for (const list of outputs.values()) list.sort(by);
  return { inputs, outputs };
}
