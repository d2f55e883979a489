import { expect, test } from "vitest";
import { cases, golden, goldenGraph, numbers, randomGraph } from "../../test/golden-graph.ts";
import type { Graph } from "./graph.ts";
import { influenceAsPeer } from "./influence.ts";
import { Frontier } from "./order.ts";

function rowOf(graph: Graph, node: number) {
  const row = graph.rowNode.indexOf(node);
  const [start, end] = [graph.rowStart[row]!, graph.rowStart[row + 1]!];
  return [
    graph.source.subarray(start, end),
    graph.weight.subarray(start, end),
    graph.rowDroppedAbsolute[row]!,
  ] as const;
}

test.each(cases)("%s: with the original's batches, the original's features are expanded", name => {
  const g = golden(name);
  const graph = goldenGraph(g);
  const frontier = new Frontier(graph.targets, i => graph.nodes[i]!);
  for (const { node } of graph.targets) frontier.add(node, ...rowOf(graph, node));
  const { max_feature_nodes: most, batch_size: batch, update_interval: interval } = g.limited.args;
  const chosen: number[] = [];
  while (chosen.length < most) {
    const next = frontier.next(Math.min(batch * interval, most - chosen.length));
    for (const node of next) frontier.add(node, ...rowOf(graph, node));
    chosen.push(...next);
  }
  expect(chosen.sort((a, b) => a - b)).toEqual(g.limited.selected_features);
});

test("adding rows one by one gives the influence of the whole graph, in any order", () => {
  for (let seed = 0; seed < 10; seed++) {
    const random = numbers(seed);
    const graph = randomGraph(random, { layers: 5, positions: 3, units: 6 });
    const frontier = new Frontier(graph.targets, i => graph.nodes[i]!);
    const order = [...graph.rowNode].sort(() => random() - 0.5);
    for (const node of order) {
      frontier.add(node, ...rowOf(graph, node));
      if (random() < 0.5) frontier.next(1);
    }
    influenceAsPeer(graph, { unexpanded: true }).forEach((v, i) => {
      expect(frontier.influenceOf(i)).toBeCloseTo(v, 12);
    });
  }
});

test("no node's influence grows by more than the bound, however much more is expanded", () => {
  for (let seed = 0; seed < 20; seed++) {
    const graph = randomGraph(numbers(seed), { layers: 6, positions: 3, units: 8 });
    const weight = graph.targets.reduce((sum, t) => sum + t.weight, 0);
    const frontier = new Frontier(graph.targets, i => graph.nodes[i]!);
    for (const { node } of graph.targets) frontier.add(node, ...rowOf(graph, node));
    const known = new Set(graph.rowNode);
    const early = [];
    for (let step = 0; step < 3; step++) {
      early.push({ bound: frontier.unexpanded, influence: graph.nodes.map((_, i) => frontier.influenceOf(i)) });
      for (const node of frontier.next(10)) if (known.has(node)) frontier.add(node, ...rowOf(graph, node));
    }
    for (const node of graph.rowNode) {
      if (graph.nodes[node]!.kind === "unit") frontier.add(node, ...rowOf(graph, node));
    }
    for (const { bound, influence } of early) {
      influence.forEach((v, i) => {
        expect(frontier.influenceOf(i)).toBeLessThanOrEqual(v + bound * weight + 1e-12);
      });
    }
  }
});

test("equal influence: the lower layer, then position, then index goes first", () => {
  const nodes = [
    { kind: "target", index: 0 },
    { kind: "unit", layer: 2, position: 1, index: 5 },
    { kind: "unit", layer: 2, position: 0, index: 9 },
    { kind: "unit", layer: 1, position: 3, index: 7 },
    { kind: "unit", layer: 1, position: 3, index: 2 },
    { kind: "bias", layer: 0 },
  ] as const;
  const frontier = new Frontier([{ node: 0, weight: 1 }], i => nodes[i]!);
  frontier.add(0, [1, 2, 3, 4, 5], [1, -1, 1, 1, 50]);
  expect(frontier.next(9)).toEqual([4, 3, 2, 1]);
  expect(frontier.unexpanded).toBe(1); // the bias is in nobody's normaliser
});
