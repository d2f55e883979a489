import { expect, test } from "vitest";
import { randomGraph } from "../../test/golden-graph.ts";
import { random } from "../core/random.ts";
import { coarsen } from "./coarsen.ts";

test("rows add up to what they did, with whole blocks in place of their units", () => {
  for (let seed = 1; seed < 20; seed++) {
    const graph = randomGraph(random(seed), { layers: 3, positions: 4, units: 9 });
    const coarse = graph.nodes.flatMap(n =>
      n.kind === "unit" && n.layer === 0 ? [{ layer: 0, position: n.position }] : [],
    );
    const distinct = [...new Map(coarse.map(c => [c.position, c])).values()];
    const whole = coarsen(graph, distinct);
    expect(whole.nodes.some(n => n.kind === "unit" && n.layer === 0)).toBe(false);
    const sums = (g: typeof graph) =>
      new Map(
        Array.from(g.rowNode, (node, row) => {
          let sum = g.rowDropped[row]!;
          for (let e = g.rowStart[row]!; e < g.rowStart[row + 1]!; e++) sum += g.weight[e]!;
          return [JSON.stringify(g.nodes[node]), sum];
        }),
      );
    const before = sums(graph);
    for (const [node, sum] of sums(whole)) expect(sum).toBeCloseTo(before.get(node)!, 4);
  }
});
