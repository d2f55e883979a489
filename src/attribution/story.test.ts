import fc from "fast-check";
import { expect, test } from "vitest";
import { numbers, randomGraph } from "../../test/golden-graph.ts";
import { coverage } from "./coverage.ts";
import type { SuperedgeInfo, SupernodeInfo } from "./document.ts";
import { mainPaths, percent, story } from "./story.ts";
import { supernodes } from "./supernodes.ts";

function box(id: string, kind: SupernodeInfo["kind"], text: string, more: Partial<SupernodeInfo> = {}): SupernodeInfo {
  const label = { text, source: "role", confidence: 1 } as const;
  return { id, kind, label, members: [], positions: [0, 0], layers: [0, 0], share: 0.1, effect: 1, reads: [], ...more };
}
const edge = (source: string, target: string, share: number, weight = share): SuperedgeInfo => {
  return { source, target, share, weight };
};
const dallas = [
  box("d", "tokens", "‘Dallas’"),
  box("c", "tokens", "‘capital’"),
  box("t", "units", "Texas"),
  box("s", "units", "says ‘Austin’"),
  box("o", "other", "other at ‘is’"),
  box("a", "target", "the answer"),
];
const edges = [
  edge("s", "a", 0.5, 5),
  edge("t", "s", 0.4, 4),
  edge("d", "t", 0.4, 4),
  edge("d", "a", 0.12, 1.2),
  edge("c", "s", 0.05, -0.5),
  edge("o", "a", 0.05, 0.1),
];
const shares = { explained: 0.7, error: 0.1, bias: 0.02, hidden: 0.18 };
const target = { text: " Austin", value: 9 };
const words = (s: ReturnType<typeof story>) => s.sentences.map(sentence => sentence.text);

test("the paragraph says the strongest path, the direct one, what speaks against, and what is left out", () => {
  const told = story({ supernodes: dallas, superedges: edges, coverage: shares, target });
  expect(words(told)).toEqual([
    "‘Dallas’ → Texas → says ‘Austin’ carries 40 % of the influence on ‘Austin’.",
    "Beside it: a direct path from ‘Dallas’ 12 %.",
    "Speaking against ‘Austin’: ‘capital’ → says ‘Austin’ 5.0 %.",
    "5.0 % runs through units that are in no named box.",
    "By size, 30 % of it is left out of the chart: 18 % in contributions too small to be drawn, 10 % in what the dictionary fails to rebuild and 2.0 % in biases, which are the same for every prompt.",
  ]);
  expect(told.sentences[0]!.boxes).toEqual(["d", "t", "s", "a"]);
  expect(told.sentences[2]!.boxes).toEqual(["c", "s", "a"]);
  expect(told.paths[0]).toEqual({ boxes: ["d", "t", "s", "a"], share: expect.closeTo(0.4), effect: expect.closeTo(4) });
});

test("where a path forks, its parts add up to what entered", () => {
  const forked = [edge("t", "a", 0.3), edge("s", "a", 0.3), edge("t", "s", 0.2), edge("d", "t", 0.5)];
  const paths = mainPaths(dallas, forked);
  expect(paths.map(path => [path.boxes.join(""), path.share])).toEqual([
    ["dta", expect.closeTo(0.3)],
    ["dtsa", expect.closeTo(0.2)],
  ]);
});

test("a box of whole MLP blocks is where paths begin when nothing traced enters it", () => {
  const early = box("t", "units", "early layers at ‘Dallas’", { begins: 0.3 });
  const paths = mainPaths([...dallas.filter(b => b.id !== "t"), early], [edge("t", "a", 0.5), edge("d", "t", 0.2)]);
  expect(paths.map(path => path.share)).toEqual([expect.closeTo(0.3), expect.closeTo(0.2)]);
  expect(paths[0]!.boxes).toEqual(["t", "a"]);
});

test("with a foil the words are about the choice", () => {
  const foil = { id: 1, text: " Houston" };
  const told = words(story({ supernodes: dallas, superedges: edges, coverage: shares, target: { ...target, foil } }));
  expect(told[0]).toContain("40 % of the choice between ‘Austin’ and ‘Houston’");
  expect(told[2]).toContain("Speaking for ‘Houston’");
  const lost = story({
    supernodes: dallas,
    superedges: edges,
    coverage: shares,
    target: { text: " Austin", foil, value: -2 },
  });
  expect(words(lost)[0]).toContain("prefers ‘Houston’ to ‘Austin’ here by 2.0 logits");
});

test("when no path stands out, boxes are named; when there is nothing, that is said", () => {
  const thin = [edge("s", "a", 0.5), edge("d", "s", 0.04)];
  expect(words(story({ supernodes: dallas, superedges: thin, coverage: shares, target }))[1]).toBe(
    "The rest is spread over many paths; most of them run through says ‘Austin’ (10 %, for) and Texas (10 %, for).",
  );
  const none = { explained: 0, error: 0, bias: 0, hidden: 1 };
  expect(words(story({ supernodes: [], superedges: [], coverage: none, target }))).toEqual([
    "No path that can be drawn carries as much as 2 % of the influence on ‘Austin’.",
    "By size, 100 % of it is left out of the chart: contributions too small to be drawn.",
  ]);
});

test("where nearly all influence is in small contributions that cancel, the words are about logits", () => {
  const boxes = [
    box("d", "tokens", "‘Dallas’", { effect: 1 }),
    box("e", "units", "at ‘Dallas’, layers 0–9", { effect: 3.1 }),
    box("l", "units", "at ‘of’, layers 20–29", { effect: 12.6 }),
    box("n", "units", "at ‘of’, layers 2–24", { effect: -4.8 }),
    box("z", "units", "nothing", { effect: 0.1 }),
    box("a", "target", "the answer"),
  ];
  const thin = [
    edge("l", "a", 0.02, 12.6),
    edge("n", "a", 0.01, -4.8),
    edge("e", "a", 0.004, 3.1),
    edge("d", "e", 0.001, 1),
  ];
  const covered = { explained: 0.01, error: 0, bias: 0, hidden: 0.99 };
  const told = story({
    supernodes: boxes,
    superedges: thin,
    coverage: covered,
    target: { text: " Texas", value: 16.4 },
  });
  expect(words(told)).toEqual([
    "For ‘Texas’, in logits: units at ‘of’, layers 20–29 (+12.6), units at ‘Dallas’, layers 0–9 (+3.1) and ‘Dallas’ (+1.0).",
    "Against it: units at ‘of’, layers 2–24 (−4.8).",
    "The one path that can be followed from a token: ‘Dallas’ → units at ‘Dallas’, layers 0–9 → ‘Texas’ (+1.0).",
    "Counted with their signs, the contributions that the chart draws pass 10.9 of the 16.4 logits on to the answer. Counted by size, 99 % of all influence is left out: very many small contributions for and against, which add up to 5.5.",
  ]);
});

test("paths never claim more than the coverage explains, and every sentence names boxes that exist", () => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const random = numbers(seed);
      const graph = randomGraph(random, { layers: 5, positions: 3, units: 8 });
      const shown = Uint8Array.from(graph.nodes, () => (random() < 0.8 ? 1 : 0));
      const made = supernodes(graph, { shown, tokens: [{ text: "a" }, { text: " b" }, { text: " c" }], boxes: 6 });
      const covered = coverage(graph, { nodes: shown });
      const told = story({ ...made, coverage: covered, target });
      const sum = mainPaths(made.supernodes, made.superedges).reduce((s, path) => s + path.share, 0);
      expect(sum).toBeLessThanOrEqual(covered.explained + 1e-9);
      const ids = new Set(made.supernodes.map(b => b.id));
      for (const { boxes } of told.sentences) for (const id of boxes) expect(ids.has(id)).toBe(true);
      const last = told.sentences.at(-1)!.text;
      expect(last).toMatch(/left out/);
    }),
    { numRuns: 80 },
  );
});

test("what the real model contradicts is told as that, and neither as for nor as against", () => {
  const does = { raises: [], lowers: [], measured: -7.7, predicted: 0.24 };
  const boxes = [
    box("e", "units", "at ‘Mary’, layers 0–9", { effect: 3.1, does: { ...does, measured: -2.9, predicted: -3.1 } }),
    box("w", "units", "at ‘When’, layers 0–2", { effect: -0.24, does }),
    box("a", "target", "the answer"),
  ];
  const input = {
    supernodes: boxes,
    superedges: [edge("e", "a", 0.02, 3.1), edge("w", "a", 0.01, -0.24)],
    coverage: { explained: 0.01, error: 0, bias: 0, hidden: 0.99 },
    target: { text: " Mary", value: 6.1 },
  };
  const told = words(story(input));
  expect(told).toContainEqual(
    "Of units at ‘When’, layers 0–2 the graph says −0.24, the real model the opposite: its units are worth +7.7 there, with all that reacts to them.",
  );
  expect(told.filter(text => /^Against/.test(text))).toEqual([]);
  // A twentieth of what is explained is no contradiction but noise.
  const slight = boxes.map(b => (b.id === "w" ? { ...b, does: { ...does, measured: -0.2 } } : b));
  expect(words(story({ ...input, supernodes: slight })).join()).not.toMatch(/the opposite/);
});

test("a chart that was tested says so behind what it leaves out by size", () => {
  const verify = { sufficiency: 0.92, necessity: 0.85 };
  const told = words(story({ supernodes: dallas, superedges: edges, coverage: shares, target, verify }));
  expect(told.at(-2)).toMatch(/left out of the chart/);
  expect(told.at(-1)).toBe(
    "Tested in the real model: with everything left out held as it is on the contrast, the chart alone brings about 92 % of the difference between the prompts; without the chart 85 % of it is lost.",
  );
  const balance = { factor: 1.41, sufficiencyAlike: 0.66 };
  const weighed = words(story({ supernodes: dallas, superedges: edges, coverage: shares, target, verify, balance }));
  expect(weighed.at(-1)).toMatch(/92 % of the difference between the prompts \(66 %, had units .* been chosen alike\)/);
});

test("percentages read as a person would write them", () => {
  expect([0.41, 0.0999, 0.042, 0.004, 0, 1].map(percent)).toEqual([
    "41 %",
    "10 %",
    "4.2 %",
    "under 1 %",
    "0 %",
    "100 %",
  ]);
});
