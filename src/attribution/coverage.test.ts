import fc from "fast-check";
import { expect, test } from "vitest";
import { golden, goldenGraph, graphOf, numbers, randomGraph } from "../../test/golden-graph.ts";
import { coverage } from "./coverage.ts";
import { prune } from "./prune.ts";

const sum = (c: ReturnType<typeof coverage>) => c.explained + c.error + c.bias + c.hidden;

test("the shares add up to 1, and drawing less moves mass only into hidden", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8 }), (seed, layers, units) => {
      const random = numbers(seed);
      const graph = randomGraph(random, { layers, positions: 3, units });
      const nodes = Uint8Array.from(graph.nodes, () => (random() < 0.7 ? 1 : 0));
      const edges = Uint8Array.from(graph.source, () => (random() < 0.8 ? 1 : 0));
      const fewer = nodes.map(shown => (shown && random() < 0.6 ? 1 : 0));
      for (const which of [0, 1, "all"] as const) {
        const all = coverage(graph, { nodes }, which);
        const less = coverage(graph, { nodes: fewer }, which);
        const pruned = coverage(graph, { nodes, edges }, which);
        for (const shares of [all, less, pruned]) {
          expect(Math.abs(sum(shares) - 1)).toBeLessThan(1e-9);
          expect(Math.min(shares.explained, shares.error, shares.bias, shares.hidden)).toBeGreaterThanOrEqual(0);
        }
        for (const shares of [less, pruned]) {
          for (const key of ["explained", "error", "bias"] as const) {
            expect(shares[key]).toBeLessThanOrEqual(all[key] + 1e-12);
          }
        }
      }
    }),
    { numRuns: 150 },
  );
});

test("each kind of end is counted where it belongs", () => {
  const nodes = [
    { kind: "target", index: 0 },
    { kind: "unit", layer: 1, position: 0, index: 0 },
    { kind: "unit", layer: 1, position: 0, index: 1 },
    { kind: "embedding", position: 0 },
    { kind: "error", layer: 0, position: 0 },
    { kind: "bias", layer: 0 },
    { kind: "mlp", layer: 0, position: 0 },
  ] as const;
  const graph = graphOf(
    nodes,
    [{ node: 0, weight: 0.3 }],
    [
      // 16 in all: 6 drawn unit, 3 unexpanded, 2 token, 1 error, 1 bias, 1 coarse, 2 dropped
      {
        node: 0,
        edges: [
          [1, -6],
          [2, 3],
          [3, 2],
          [4, 1],
          [5, -1],
          [6, 1],
        ],
        dropped: [0, 2],
      },
      {
        node: 1,
        edges: [
          [3, 1],
          [5, 1],
          [4, 1],
        ],
      },
    ],
  );
  const drawn = coverage(graph, { nodes: Uint8Array.of(1, 1, 1, 1, 1, 1, 1) });
  expect(drawn.explained).toBeCloseTo((2 + 2 + 1) / 16, 12);
  expect(drawn.error).toBeCloseTo((1 + 2) / 16, 12);
  expect(drawn.bias).toBeCloseTo((1 + 2) / 16, 12);
  expect(drawn.hidden).toBeCloseTo((3 + 2) / 16, 12);
  const less = coverage(graph, { nodes: Uint8Array.of(1, 0, 0, 1, 0, 0, 0) });
  expect(less.explained).toBeCloseTo(2 / 16, 12);
  expect(less.hidden).toBeCloseTo((6 + 3 + 1 + 2) / 16, 12);
});

test("on the original's graph, pruned as usual, all four are told apart", () => {
  const graph = goldenGraph(golden("gpt2-relu"));
  const everything = coverage(graph, { nodes: new Uint8Array(graph.nodes.length).fill(1) }, "all");
  expect(everything.hidden).toBeCloseTo(0, 12);
  // without biases, explained : error is the replacement score
  expect(everything.explained / (everything.explained + everything.error)).toBeCloseTo(0.628352, 5);
  const pruned = coverage(graph, { nodes: prune(graph).nodes }, "all");
  expect(pruned.hidden).toBeGreaterThan(0.05);
});
