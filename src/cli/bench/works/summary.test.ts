import { expect, test } from "vitest";
import type { PairResult } from "../../../attribution/verify/works-pair.ts";
import { worksLines } from "./lines.ts";
import { pairsOf, some } from "./pairs.ts";
import { summarise } from "./summary.ts";

const pair = (prompt: string, more: Partial<PairResult>): PairResult => ({
  prompt,
  versus: "other",
  category: "capital",
  answer: "a",
  versusAnswer: "b",
  tokens: 9,
  gap: 5,
  works: true,
  reasons: [],
  sufficiency: 0.95,
  necessity: 1,
  sufficesAlike: false,
  chance: { sufficiency: 0.1, necessity: 0.05, suffices: false },
  nodes: 500,
  balance: { factor: 1.41, for: 300, against: 100, sufficiencyAlike: 0.7 },
  seconds: 2,
  ...more,
});

const low = "the chart alone brings about 61 % of the difference; 80 % to 125 % are asked";

test("the rate counts what works, and pairs that could not be measured are named, not counted", () => {
  const summary = summarise([
    pair("1", {}),
    pair("2", { sufficesAlike: true }),
    pair("3", { works: false, sufficiency: 0.61, reasons: [low], category: "code" }),
    pair("4", { works: false, sufficiency: 1.4, reasons: [low.replace("61", "140")], category: "code" }),
    { prompt: "5", versus: "x", category: "code", failed: "both prompts are answered alike" },
  ]);
  expect(summary.works).toMatchObject({ value: 0.5, n: 4 });
  // Wilson's interval of 2 in 4.
  expect(summary.works.low).toBeCloseTo(0.15, 2);
  expect(summary.suffices).toMatchObject({ value: 0.5, n: 4 });
  expect(summary.sufficesAlike).toMatchObject({ value: 0.25, n: 4 });
  expect(summary.byCategory.capital).toMatchObject({ value: 1, n: 2 });
  expect(summary.byCategory.code).toMatchObject({ value: 0, n: 2 });
  expect(summary.reasons.map(r => [r.reason.slice(0, 9), r.pairs])).toEqual([
    ["too littl", 1],
    ["too much:", 1],
  ]);
  expect(summary.failed).toEqual([{ prompt: "5", why: "both prompts are answered alike" }]);
  const text = worksLines(summary, false).join("\n");
  // Nobody reads the balanced rate without the other two.
  expect(text).toMatch(
    /what is left out balanced: 50 %.*\n.*chosen alike: 25 %.*\n.*at random, balanced likewise: 0 % \(0–49, n = 4\)/,
  );
  expect(text.indexOf("could not be measured")).toBeLessThan(text.indexOf("charts that work: 50 % (15–85, n = 4)"));
});

test("charts that fail for one reason are counted together, whatever their numbers", () => {
  const failing = [60, 61, 62].map(n =>
    pair(String(n), { works: false, sufficiency: n / 100, reasons: [low.replace("61", String(n))] }),
  );
  expect(summarise(failing).reasons).toEqual([{ reason: expect.stringContaining("brings about … %"), pairs: 3 }]);
});

test("N80 of a set is unknown when half of its curves never get there", () => {
  const point = (nodes: number, sufficiency: number) => ({ nodes, sufficiency, necessity: 1 });
  const curve = (n80: number | undefined) => {
    const points = [point(10, 0.2), point(100, 0.9)];
    const ways = { balanced: points, alike: points, plain: points, behind: points, active: points, random: points };
    return { ...ways, n80: n80 === undefined ? {} : { balanced: n80, plain: n80 } };
  };
  const of = (...values: (number | undefined)[]) =>
    summarise(values.map((v, i) => pair(String(i), { curve: curve(v) })));
  expect(of(40, 60, 80).n80).toMatchObject({ balanced: 60, plain: 60, alike: null });
  expect(of(40, undefined, undefined).n80.balanced).toBeNull();
  expect(of(40, 60, 80).curve.balanced![1]).toMatchObject({ nodes: 100, sufficiency: 0.9, enough: { value: 1, n: 3 } });
});

test("a file of pairs is read, or the pair that is none is named", () => {
  expect(pairsOf({ pairs: [{ prompt: "a", versus: "b" }] }, "f")).toEqual([
    { prompt: "a", versus: "b", category: "any" },
  ]);
  expect(() => pairsOf({ pairs: [{ prompt: "a", versus: "b" }, { prompt: "c" }] }, "f")).toThrow(
    /pair 2 lacks a versus/,
  );
  expect(() => pairsOf({}, "f")).toThrow(/no contrast pairs/);
  expect(some([0, 1, 2, 3, 4, 5], 3)).toEqual([0, 2, 4]);
});
