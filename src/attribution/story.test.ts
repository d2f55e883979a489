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

test("the paragraph says the strongest path, the direct one, what speaks against, and what is not explained", () => {
  const told = story({ supernodes: dallas, superedges: edges, coverage: shares, target });
  expect(words(told)).toEqual([
    "‘Dallas’ → Texas → says ‘Austin’ carries 40 % of the influence on ‘Austin’.",
    "Beside it: a direct path from ‘Dallas’ 12 %.",
    "Speaking against ‘Austin’: ‘capital’ → says ‘Austin’ 5.0 %.",
    "5.0 % runs through units that are in no named box.",
    "30 % is not explained: 18 % in contributions too small to be drawn, 10 % in what the dictionary fails to rebuild and 2.0 % in biases, which are the same for every prompt.",
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
    "Most of it is not explained (100 %): in contributions too small to be drawn.",
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
    "What the chart draws passes 10.9 of the 16.4 logits on to the answer. By size instead of sum, 99 % of the influence is not explained: very many small contributions for and against, which largely cancel.",
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
      expect(/explained/.test(last)).toBe(true);
    }),
    { numRuns: 80 },
  );
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
