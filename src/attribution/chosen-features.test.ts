import { expect, test } from "vitest";
import { graphOf } from "../../test/golden-graph.ts";
import { chosenFeatures } from "./chosen-features.ts";
import type { ChosenFeatures } from "./feature-search.ts";
import type { Node } from "./node.ts";

/** Twelve features of one layer, and how much each changes by the graph. */
function features(effects: readonly number[]) {
  const units = effects.map((_, index): Node => ({ kind: "unit", layer: 1, position: 0, index }));
  const edges = effects.map((effect, i) => [i + 1, effect] as const);
  const rows = [{ node: 0, edges }, ...effects.map((_, i) => ({ node: i + 1, edges: [] }))];
  const graph = graphOf([{ kind: "target", index: 0 }, ...units], [{ node: 0, weight: 1 }], rows);
  return { graph, effect: Float64Array.of(0, ...effects) };
}

/** A model in which features 8 and 9 bring the answer about, and only together. */
const onlyTogether = (tried: ChosenFeatures[]) => ({
  sign: 1,
  gap: 10,
  cheap: true,
  measure: async (charts: readonly ChosenFeatures[]) => {
    tried.push(...charts);
    return charts.map(({ nodes }) => (nodes[9] && nodes[10] ? 1 : 0.2));
  },
});

test("features that matter only together are found where those that change most do not bring the answer about", async () => {
  const { graph, effect } = features([2, 2, 2, 2, -2, -2, 2, 2, 0.5, 0.5, 0.1, -0.1]);
  const tried: ChosenFeatures[] = [];
  const { chosen, balance } = await chosenFeatures(graph, effect, {
    silent: [],
    budget: 4,
    suffices: onlyTogether(tried),
  });
  expect([chosen.nodes[9], chosen.nodes[10]]).toEqual([1, 1]);
  expect(chosen.nodes.subarray(1).reduce((sum, on) => sum + on, 0)).toBe(4);
  expect(balance).toMatchObject({ factor: 1, sufficiencyAlike: 0.2 });
  // The other two are of those that change most, whichever way.
  expect([...chosen.nodes.keys()].filter(i => chosen.nodes[i] && i > 0 && i < 9)).toHaveLength(2);
});

test("where they do bring it about, nothing else is looked for", async () => {
  const { graph, effect } = features([2, 2, 2, 2, 0, 0, 0, 0, 3, 3, 0, 0]);
  const tried: ChosenFeatures[] = [];
  const { chosen } = await chosenFeatures(graph, effect, { silent: [], budget: 4, suffices: onlyTogether(tried) });
  expect([chosen.nodes[9], chosen.nodes[10]]).toEqual([1, 1]);
  expect(tried).toHaveLength(1);
});

test("in a model whose runs are dear, those that change most are the chart", async () => {
  const { graph, effect } = features([2, 2, 2, 2, -2, -2, 2, 2, 0.5, 0.5, 0.1, -0.1]);
  const tried: ChosenFeatures[] = [];
  const suffices = { ...onlyTogether(tried), cheap: false };
  const { chosen } = await chosenFeatures(graph, effect, { silent: [], budget: 4, suffices });
  expect([chosen.nodes[9], chosen.nodes[10]]).toEqual([0, 0]);
  // As they are, and with four factors.
  expect(tried).toHaveLength(5);
});

test("of two that can stand for each other, both left out at once, one is taken back for another that is for the answer", async () => {
  const effects = [2, 2, 2, 2, 2, 2, -4.1, -4.2, 0.1, 0.1, 0.5, -0.5];
  const { graph, effect } = features(effects);
  /** One of features 8 and 9 is needed, and what is against the answer takes a little. */
  const measure = async (charts: readonly ChosenFeatures[]) =>
    charts.map(({ nodes }) => (nodes[9] || nodes[10] ? 1.15 : 0.3) - 0.1 * (nodes[7]! + nodes[8]!));
  const { chosen, balance } = await chosenFeatures(graph, effect, {
    silent: [],
    budget: 4,
    suffices: { sign: 1, gap: 10, cheap: true, measure },
  });
  expect(chosen.nodes[9]! + chosen.nodes[10]!).toBeGreaterThan(0);
  // It would suffice as well with fewer against it: as many are shown as before.
  expect(balance).toMatchObject({ for: 2, against: 2 });
});
