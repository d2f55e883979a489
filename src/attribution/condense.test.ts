import { expect, test } from "vitest";
import { numbers, randomGraph } from "../../test/golden-graph.ts";
import { condense } from "./condense.ts";
import { coverage } from "./coverage.ts";
import { edgeEffects, effects, jointEffect } from "./effect.ts";
import { flow, rowOfNode, wholeRowMass } from "./flow.ts";
import { shareThrough } from "./influence.ts";
import { strongest } from "./strongest.ts";

const near = (a: ArrayLike<number>, b: ArrayLike<number>, which: (i: number) => boolean = () => true) => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++) if (which(i)) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(1e-9);
};

test.each([1, 2, 3, 4])("random graph %i: without the edges from unexpanded units every walk sees the same", seed => {
  const graph = randomGraph(numbers(seed), { layers: 5, positions: 3, units: 12 });
  const { graph: light, edges } = condense(graph);
  const rows = rowOfNode(graph);
  const leaf = (i: number) => graph.nodes[i]!.kind === "unit" && rows[i]! < 0;
  expect(light.source.length).toBeLessThan(graph.source.length);
  expect([...edges].map(edge => graph.source[edge])).toEqual([...light.source]);
  expect([...light.source].some(leaf)).toBe(false);

  near(wholeRowMass(light), wholeRowMass(graph));
  near(flow(light), flow(graph), i => !leaf(i));
  near(effects(light), effects(graph), i => !leaf(i));
  const effect = edgeEffects(graph);
  near(
    edgeEffects(light),
    [...edges].map(edge => effect[edge]!),
  );
  const shown = strongest(graph, effects(graph), 8);
  const [one, other] = [coverage(light, { nodes: shown }), coverage(graph, { nodes: shown })];
  for (const share of ["explained", "error", "bias", "hidden"] as const)
    expect(one[share]).toBeCloseTo(other[share], 9);
  const members = [...graph.nodes.keys()].filter(i => shown[i] && graph.nodes[i]!.kind === "unit");
  expect(jointEffect(light, members)).toBeCloseTo(jointEffect(graph, members), 9);
  expect(shareThrough(light, members)).toBeCloseTo(shareThrough(graph, members), 9);
});

test("the same edges with other targets are not answered with the first ones'", () => {
  const graph = randomGraph(numbers(7), { layers: 3, positions: 2, units: 6 });
  const targets = [{ node: graph.targets[0]!.node, weight: 0.125 }];
  condense(graph);
  expect(condense({ ...graph, targets }).graph.targets).toBe(targets);
});
