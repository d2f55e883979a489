import { expect, test } from "vitest";
import { cases, golden, goldenGraph, graphOf } from "../../test/golden-graph.ts";
import type { Graph } from "./graph.ts";
import type { Node } from "./node.ts";
import { prune, pruneNothing, thresholdOf } from "./prune.ts";

/** Kept edges as "target source", in the peer's row numbers. */
function pairs(graph: Graph, edges: Uint8Array): Set<string> {
  const kept = new Set<string>();
  graph.rowNode.forEach((target, row) => {
    for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) {
      if (edges[e]) kept.add(`${target} ${graph.source[e]}`);
    }
  });
  return kept;
}

test.each(cases)("%s: the same nodes, the same edges, the same cumulative influence as the original", name => {
  const g = golden(name);
  const graph = goldenGraph(g);
  const pruning = prune(graph);
  expect([...pruning.nodes]).toEqual(g.prune.node_mask.map(Number));
  const theirs = new Set(g.prune.edge_mask_true_pairs_target_source.map(pair => pair.join(" ")));
  expect(pairs(graph, pruning.edges)).toEqual(theirs);
  pruning.cumulative.forEach((v, i) => {
    expect(Math.abs(v - g.prune.cumulative_scores[i]!)).toBeLessThan(2e-6);
  });
});

test("the threshold is the score at which the share is first reached, as searchsorted from the left", () => {
  expect(thresholdOf(Float64Array.of(1, 4, 2, 1), 0.5)).toBe(4); // 4/8 reaches .5
  expect(thresholdOf(Float64Array.of(1, 4, 2, 1), 0.51)).toBe(2);
  expect(thresholdOf(Float64Array.of(1, 4, 0, 1), 1)).toBe(1);
  expect(thresholdOf(Float64Array.of(0, 0), 0.8)).toBe(Infinity);
});

const nodes: Node[] = [
  { kind: "target", index: 0 },
  { kind: "unit", layer: 1, position: 0, index: 0 },
  { kind: "unit", layer: 0, position: 0, index: 1 },
  { kind: "embedding", position: 0 },
  { kind: "bias", layer: 0 },
  { kind: "mlp", layer: 0, position: 0 },
  { kind: "unit", layer: 1, position: 0, index: 2 },
];
const shared = graphOf(
  nodes,
  [{ node: 0, weight: 1 }],
  [
    {
      node: 0,
      edges: [
        [1, 4],
        [2, 1],
        [3, 1],
      ],
    },
    {
      node: 1,
      edges: [
        [2, 1],
        [3, 1],
      ],
    },
    { node: 2, edges: [[3, 1]] },
  ],
);
const withOurs = graphOf(
  nodes,
  [{ node: 0, weight: 1 }],
  [
    {
      node: 0,
      edges: [
        [1, 4],
        [2, 1],
        [3, 1],
        [4, 9],
        [5, 7],
        [6, 1],
      ],
    },
    {
      node: 1,
      edges: [
        [2, 1],
        [3, 1],
        [5, 0.001],
      ],
    },
    { node: 2, edges: [[3, 1]] },
  ],
);

test("biases, coarse nodes and unexpanded units change nothing among the nodes that both tools have", () => {
  for (const share of [0.3, 0.5, 0.8, 1]) {
    const a = prune(shared, { nodes: share });
    const b = prune(withOurs, { nodes: share });
    expect([...b.nodes.slice(0, 4)]).toEqual([...a.nodes.slice(0, 4)]);
    const ours = pairs(withOurs, b.edges);
    for (const pair of ours) if (/ [456]$/.test(pair)) ours.delete(pair);
    expect(ours).toEqual(pairs(shared, a.edges));
  }
});

test("a strong bias and a strong coarse node are kept, an unexpanded unit never is", () => {
  const { nodes: kept, edges } = prune(withOurs);
  expect([kept[4], kept[5], kept[6]]).toEqual([1, 1, 0]);
  expect(pairs(withOurs, edges).has("0 4")).toBe(true);
});

test("`most` keeps the most influential units and leaves tokens and targets alone", () => {
  const { nodes: kept } = prune(shared, { nodes: 1, most: 1 });
  expect([...kept.slice(0, 4)]).toEqual([1, 1, 0, 1]);
});

test("nodes chosen elsewhere replace the threshold", () => {
  const chosen = new Uint8Array(nodes.length);
  chosen[2] = 1;
  expect([...prune(shared, { chosen }).nodes.slice(0, 4)]).toEqual([1, 0, 1, 1]);
});

test("pruning nothing keeps all", () => {
  const all = pruneNothing(withOurs);
  expect(all.nodes.every(Boolean) && all.edges.every(Boolean)).toBe(true);
});

test("nodes chosen elsewhere all stay, each with its strongest edge, however weak", () => {
  const weak = graphOf(
    nodes,
    [{ node: 0, weight: 1 }],
    [
      {
        node: 0,
        edges: [
          [1, 1000],
          [2, 2],
          [3, 1],
        ],
      },
      {
        node: 1,
        edges: [
          [2, 1],
          [3, 1000],
        ],
      },
      { node: 2, edges: [[3, 1]] },
    ],
  );
  const { nodes: kept, edges } = prune(weak, { chosen: Uint8Array.of(0, 1, 1, 0, 0, 0, 0), edges: 0.9 });
  expect([...kept.slice(0, 4)]).toEqual([1, 1, 1, 1]);
  expect(pairs(weak, edges)).toEqual(new Set(["0 1", "0 2", "1 3"]));
  expect(prune(weak, { nodes: 1, edges: 0.9 }).nodes[2]).toBe(0);
});

test("a unit that only a coarse node feeds goes, as in the peer's graph, unless the nodes were chosen with coarse ones", () => {
  const few = graphOf(
    nodes,
    [{ node: 0, weight: 1 }],
    [
      {
        node: 0,
        edges: [
          [1, 4],
          [3, 1],
        ],
      },
      { node: 1, edges: [[5, 3]] },
    ],
  );
  expect(prune(few, { nodes: 1 }).nodes[1]).toBe(0);
  expect(prune(few, { chosen: Uint8Array.of(0, 1, 0, 0, 0, 1, 0) }).nodes[1]).toBe(1);
});
