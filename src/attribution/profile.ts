/**
 * What a unit reads and what it does, as vectors that can be compared: units with like profiles belong in one box.
 *
 *   reads  share of each prompt token in the unit's input, over all paths that can be traced to a token
 *   feeds  signed effect on the answer through each (layer, position) that it feeds, length 1
 *   side   −1 against the answer … 1 for it
 */
import { edgeEffects } from "./effect.ts";
import { rowOfNode, topDown, wholeRowMass } from "./flow.ts";
import type { Graph } from "./graph.ts";

export interface Profile {
  readonly reads: Float64Array;
  readonly feeds: Float64Array;
  readonly side: number;
}

/** More tokens than this are told apart by nobody; the rest share one place in `reads`. */
const mostTokens = 32;

/**
 * Profiles of `units` (node numbers) towards the first target. `arrived` [node] is influence; `effect` [node] the signed
 * contribution of each node, by default as far as the rows tell.
 */
export function profiles(
  graph: Graph,
  units: readonly number[],
  arrived: Float64Array,
  effect: ArrayLike<number>,
): Profile[] {
  const reads = readsOf(graph, arrived);
  const feeds = feedsOf(graph, units);
  let [effects, mass] = [0, 0];
  for (const unit of units) {
    effects += Math.abs(effect[unit]!);
    mass += arrived[unit]!;
  }
  const scale = mass > 0 ? effects / mass : 0;
  return units.map((unit, i) => {
    const full = scale * arrived[unit]!;
    return {
      reads: traced(reads(unit)),
      feeds: feeds[i]!,
      side: full > 0 ? Math.max(-1, Math.min(1, effect[unit]! / full)) : 0,
    };
  });
}

/** Shares among the tokens alone; where nothing was traced to a token, all on the last place. */
function traced(reads: Float64Array): Float64Array {
  const untraced = reads[reads.length - 1]!;
  if (untraced >= 1 - 1e-9) return reads;
  return reads.map((share, i) => (i === reads.length - 1 ? 0 : share / (1 - untraced)));
}

/** node → share of each of the weightiest tokens in its input; the last place is for all the rest. */
export function readsOf(graph: Graph, arrived: Float64Array): (node: number) => Float64Array {
  const positions = new Map<number, number>();
  graph.nodes
    .flatMap((node, i) => (node.kind === "embedding" ? [{ position: node.position, mass: arrived[i]! }] : []))
    .sort((a, b) => b.mass - a.mass || a.position - b.position)
    .slice(0, mostTokens)
    .forEach(({ position }, place) => {
      positions.set(position, place);
    });
  const width = positions.size + 1;
  const rows = rowOfNode(graph);
  const mass = wholeRowMass(graph);
  const reads = new Float64Array(graph.rowNode.length * width);
  const placeOf = Int32Array.from(graph.nodes, node => {
    return node.kind === "embedding" || node.kind === "mlp" ? (positions.get(node.position) ?? width - 1) : width - 1;
  });
  for (const row of topDown(graph).toReversed()) {
    const mine = reads.subarray(row * width, (row + 1) * width);
    let known = 0;
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const source = graph.source[edge]!;
      const share = Math.abs(graph.weight[edge]!) / mass[row]!;
      const below = rows[source]!;
      known += share;
      if (below < 0) mine[placeOf[source]!]! += share;
      else for (let i = 0; i < width; i++) mine[i]! += share * reads[below * width + i]!;
    }
    mine[width - 1]! += Math.max(0, 1 - known);
  }
  return node => {
    const row = rows[node]!;
    if (row >= 0) return reads.subarray(row * width, (row + 1) * width);
    const only = new Float64Array(width);
    only[placeOf[node]!] = 1;
    return only;
  };
}

/** For each unit the signed effect that it has through each (layer, position), scaled to length 1. */
function feedsOf(graph: Graph, units: readonly number[]): Float64Array[] {
  const places = new Map<string, number>();
  const placeOfRow = Int32Array.from(graph.rowNode, node => {
    const at = graph.nodes[node]!;
    const key = at.kind === "unit" ? `${at.layer} ${at.position}` : "target";
    if (!places.has(key)) places.set(key, places.size);
    return places.get(key)!;
  });
  const at = new Int32Array(graph.nodes.length).fill(-1);
  units.forEach((unit, i) => {
    at[unit] = i;
  });
  const feeds = units.map(() => new Float64Array(places.size));
  const effect = edgeEffects(graph);
  placeOfRow.forEach((place, row) => {
    for (let edge = graph.rowStart[row]!; edge < graph.rowStart[row + 1]!; edge++) {
      const unit = at[graph.source[edge]!]!;
      if (unit >= 0) feeds[unit]![place]! += effect[edge]!;
    }
  });
  for (const vector of feeds) {
    const length = Math.hypot(...vector);
    for (let i = 0; i < vector.length; i++) if (length > 0) vector[i]! /= length;
  }
  return feeds;
}
