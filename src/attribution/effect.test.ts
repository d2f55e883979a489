import { expect, test } from "vitest";
import { graphOf, numbers } from "../../test/golden-graph.ts";
import { effects, jointEffect } from "./effect.ts";
import type { Node } from "./node.ts";

/** A linear model of three layers: each unit's activation is a weighted sum of what lies below. */
function linearModel(seed: number) {
  const random = numbers(seed);
  const nodes: Node[] = [{ kind: "target", index: 0 }];
  for (let layer = 2; layer >= 0; layer--) {
    for (let index = 0; index < 4; index++) nodes.push({ kind: "unit", layer, position: 0, index });
  }
  nodes.push({ kind: "embedding", position: 0 }, { kind: "bias", layer: 0 });
  const layerOf = (node: Node) => (node.kind === "unit" ? node.layer : node.kind === "target" ? 3 : -1);
  const w = nodes.map(t => nodes.map(s => (layerOf(s) < layerOf(t) ? random() * 2 - 1 : 0)));
  const run = (silent: ReadonlySet<number>) => {
    const value = new Float64Array(nodes.length);
    for (let i = nodes.length - 1; i >= 0; i--) {
      value[i] = layerOf(nodes[i]!) < 0 ? 1 : w[i]!.reduce((sum, x, s) => sum + x * value[s]!, 0);
      if (silent.has(i)) value[i] = 0;
    }
    return value;
  };
  const value = run(new Set());
  const rows = nodes.flatMap((t, node) => {
    if (layerOf(t) < 0) return [];
    return [{ node, edges: w[node]!.flatMap((x, s) => (x === 0 ? [] : [[s, x * value[s]!] as const])) }];
  });
  return { graph: graphOf(nodes, [{ node: 0, weight: 1 }], rows, Float32Array.from(value)), run };
}

test("a node's effect is what the target loses when the node alone falls silent", () => {
  const { graph, run } = linearModel(3);
  const whole = run(new Set())[0]!;
  effects(graph).forEach((effect, i) => {
    if (i > 0) expect(effect).toBeCloseTo(whole - run(new Set([i]))[0]!, 5);
  });
});

test("a group's effect is what the target loses when all fall silent, not the sum of single effects", () => {
  const { graph, run } = linearModel(4);
  const members = [1, 2, 5, 6, 9];
  const lost = run(new Set())[0]! - run(new Set(members))[0]!;
  expect(jointEffect(graph, members)).toBeCloseTo(lost, 5);
  const all = effects(graph);
  expect(Math.abs(members.reduce((sum, i) => sum + all[i]!, 0) - lost)).toBeGreaterThan(0.01);
});
