import { expect, test } from "vitest";
import { cases, golden, goldenGraph, graphOf } from "../../test/golden-graph.ts";
import type { Node } from "./node.ts";
import { prune } from "./prune.ts";
import { prunedScores, scores } from "./scores.ts";

test.each(cases)("replacement and completeness of %s are the original's", name => {
  const g = golden(name);
  const ours = scores(goldenGraph(g));
  expect(Math.abs(ours.replacement - g.graph_scores.replacement)).toBeLessThan(1e-6);
  expect(Math.abs(ours.completeness - g.graph_scores.completeness)).toBeLessThan(1e-6);
});

test.each(cases)("so they are for %s with only a third of the features expanded", name => {
  const g = golden(name);
  const ours = scores(goldenGraph(g, new Set(g.limited.selected_features)));
  expect(Math.abs(ours.replacement - g.limited.graph_scores.replacement)).toBeLessThan(1e-6);
  expect(Math.abs(ours.completeness - g.limited.graph_scores.completeness)).toBeLessThan(1e-6);
});

const nodes: Node[] = [
  { kind: "target", index: 0 },
  { kind: "unit", layer: 1, position: 0, index: 0 },
  { kind: "unit", layer: 1, position: 0, index: 1 },
  { kind: "error", layer: 1, position: 0 },
  { kind: "embedding", position: 0 },
];
const graph = graphOf(
  nodes,
  [{ node: 0, weight: 1 }],
  [
    {
      node: 0,
      edges: [
        [1, 3],
        [2, 2],
        [3, -1],
        [4, 1],
      ],
    },
    { node: 1, edges: [[4, 1]] },
    { node: 2, edges: [[4, 1]] },
  ],
);

test("a unit that is not drawn counts as error of its place, signs before sizes", () => {
  // unit 1 (2) and error (−1) become one error of size 1 beside unit 0 (3) and the token (1)
  expect(prunedScores(graph, Uint8Array.of(1, 1, 0, 1, 1))).toEqual({
    replacement: 4 / 5,
    // weight 1 on the target with 1/5 error, 3/5 on unit 0, 4/5 on the token, 1/5 on the error
    completeness: expect.closeTo(1 - 0.2 / (1 + 0.6 + 0.8 + 0.2), 12),
  });
  expect(prunedScores(graph, Uint8Array.of(1, 1, 1, 1, 1))).toEqual(scores(graph));
});

test("what rows have dropped makes the scores lower, never higher", () => {
  const dropped = { ...graph, rowDroppedAbsolute: Float64Array.of(1, 0, 0.5) };
  expect(scores(dropped).replacement).toBeLessThan(scores(graph).replacement);
  expect(scores(dropped).completeness).toBeLessThan(scores(graph).completeness);
});

test("drawing less lowers the replacement score on the original's graphs", () => {
  const g = golden("qwen3-relu");
  const whole = goldenGraph(g);
  expect(prunedScores(whole, prune(whole).nodes).replacement).toBeLessThan(scores(whole).replacement);
});
