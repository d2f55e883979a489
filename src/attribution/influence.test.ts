import { expect, test } from "vitest";
import { cases, golden, goldenGraph, graphOf, numbers, randomGraph } from "../../test/golden-graph.ts";
import { everyNode, peerNodes } from "./flow.ts";
import type { Graph } from "./graph.ts";
import { influence, influenceAsPeer, shareThrough } from "./influence.ts";

/** The definition: powers of a dense matrix. */
function bySeries(graph: Graph, counted: Uint8Array): Float64Array {
  const n = graph.nodes.length;
  const m = Array.from({ length: n }, () => new Float64Array(n));
  graph.rowNode.forEach((t, row) => {
    if (!counted[t]) return;
    const edges = [];
    for (let e = graph.rowStart[row]!; e < graph.rowStart[row + 1]!; e++) edges.push(e);
    const mass = edges.reduce(
      (sum, e) => sum + (counted[graph.source[e]!] ? Math.abs(graph.weight[e]!) : 0),
      graph.rowDroppedAbsolute[row]!,
    );
    for (const e of edges) {
      if (counted[graph.source[e]!]) m[t]![graph.source[e]!] = Math.abs(graph.weight[e]!) / Math.max(mass, 1e-10);
    }
  });
  let now: Float64Array = new Float64Array(n);
  for (const target of graph.targets) now[target.node] = target.weight;
  const sum = new Float64Array(n);
  while (now.some(v => v !== 0)) {
    const next = new Float64Array(n);
    for (let t = 0; t < n; t++) if (now[t]) for (let s = 0; s < n; s++) next[s]! += now[t]! * m[t]![s]!;
    for (let s = 0; s < n; s++) sum[s]! += next[s]!;
    now = next;
  }
  return sum;
}

test("one pass from the targets down equals the power series of the dense matrix", () => {
  for (let seed = 0; seed < 20; seed++) {
    const graph = randomGraph(numbers(seed), { layers: 5, positions: 3, units: 6 });
    bySeries(graph, everyNode(graph)).forEach((v, i) => {
      expect(Math.abs(influence(graph)[i]! - v)).toBeLessThan(1e-12);
    });
    bySeries(graph, peerNodes(graph)).forEach((v, i) => {
      expect(Math.abs(influenceAsPeer(graph)[i]! - v)).toBeLessThan(1e-12);
    });
  }
});

test.each(cases)("influence of %s is the original's", name => {
  const g = golden(name);
  influenceAsPeer(goldenGraph(g)).forEach((v, i) => {
    expect(Math.abs(v - g.node_influence[i]!)).toBeLessThan(1e-6);
  });
});

test("our extra nodes change nobody's influence in the peer's reading", () => {
  const nodes = [
    { kind: "target", index: 0 },
    { kind: "embedding", position: 0 },
    { kind: "error", layer: 0, position: 0 },
    { kind: "bias", layer: 0 },
    { kind: "mlp", layer: 0, position: 0 },
  ] as const;
  const graph = graphOf(
    nodes,
    [{ node: 0, weight: 1 }],
    [
      {
        node: 0,
        edges: [
          [1, 3],
          [2, -1],
          [3, 2],
          [4, 2],
        ],
      }, // prettier
    ],
  );
  expect([...influenceAsPeer(graph)]).toEqual([0, 0.75, 0.25, 0, 0]);
  expect([...influence(graph)]).toEqual([0, 0.375, 0.125, 0.25, 0.25]);
});

test("mass that passes two members is counted once", () => {
  const nodes = [
    { kind: "target", index: 0 },
    { kind: "unit", layer: 1, position: 0, index: 0 },
    { kind: "unit", layer: 0, position: 0, index: 0 },
    { kind: "embedding", position: 0 },
  ] as const;
  const graph = graphOf(
    nodes,
    [{ node: 0, weight: 0.5 }],
    [
      {
        node: 0,
        edges: [
          [1, 2],
          [3, 2],
        ],
      },
      { node: 1, edges: [[2, 1]] },
      { node: 2, edges: [[3, 1]] },
    ],
  );
  expect(shareThrough(graph, [1, 2])).toBe(0.5);
});

test("a circle is refused in words", () => {
  const nodes = [
    { kind: "unit", layer: 1, position: 0, index: 0 },
    { kind: "unit", layer: 0, position: 0, index: 0 },
  ] as const;
  const graph = graphOf(
    nodes,
    [{ node: 0, weight: 1 }],
    [
      { node: 0, edges: [[1, 1]] },
      { node: 1, edges: [[0, 1]] },
    ],
  );
  expect(() => influence(graph)).toThrow("circle");
});
