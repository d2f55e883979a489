import { expect, test } from "vitest";
import { graphOf } from "../../test/golden-graph.ts";
import { effects } from "./effect.ts";
import { prune } from "./prune.ts";
import { strongest } from "./strongest.ts";

test("the strongest are chosen whichever way they pull, and only those whose row is known", () => {
  const unit = (index: number) => ({ kind: "unit", layer: 0, position: 0, index }) as const;
  const nodes = [
    { kind: "target", index: 0 },
    unit(0),
    unit(1),
    unit(2),
    { kind: "mlp", layer: 0, position: 0 },
    { kind: "embedding", position: 0 },
  ] as const;
  const graph = graphOf(
    nodes,
    [{ node: 0, weight: 1 }],
    [
      {
        node: 0,
        edges: [
          [1, 1],
          [2, -5],
          [3, 9],
          [4, 2],
        ],
      },
      { node: 1, edges: [[5, 1]] },
      { node: 2, edges: [[5, 1]] },
    ],
  );
  expect([...strongest(graph, effects(graph), 2)]).toEqual([1, 0, 1, 0, 1, 1]);
  expect([...strongest(graph, effects(graph), 0)]).toEqual([1, 0, 0, 0, 0, 1]);
  expect([...prune(graph, { chosen: strongest(graph, effects(graph), 2) }).nodes]).toEqual([1, 0, 1, 0, 1, 1]);
});
