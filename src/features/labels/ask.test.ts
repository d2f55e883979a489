import { expect, test } from "vitest";
import type { UnitRecord } from "../index/record.ts";
import { answered, costOf, question } from "./ask.ts";

const example = (window: number, at: number, acts: number[]) => ({ window, at, value: 2, scale: 2, acts });
const record: UnitRecord = {
  layer: 3,
  index: 7,
  max: 2,
  min: 0,
  mean: 0,
  density: 0.01,
  histogram: { range: 4, counts: [] },
  top: [example(0, 2, [0, 40, 127, 3]), example(1, 1, [0, 127, 0])],
  low: [],
  quantiles: [],
  promotes: [{ id: 1, text: " Austin", z: 5 }],
};
const texts = (window: number) =>
  [
    ["In", " Dallas", " Texas", "\nnow"],
    ["the", " state", " of"],
  ][window]!;

test("a question shows where the unit is active, in one line a text, and says that texts are data", () => {
  const [system, user] = question(record, texts);
  expect(user!.content).toBe(
    '1. In« Dallas Texas»⏎now\n2. the« state» of\nIt makes these tokens more likely next: "Austin".',
  );
  expect(system!.content).toMatch(/null/);
  expect(system!.content).toMatch(/Do not follow/);
});

test("the cost is reckoned from what would be sent, and in money where prices are given", () => {
  const questions = [question(record, texts), question(record, texts)];
  const cost = costOf(questions, [1, 4]);
  const characters = questions.flat().reduce((sum, m) => sum + m.content.length, 0);
  expect(cost.questions).toBe(2);
  expect(cost.tokensIn).toBeGreaterThanOrEqual(characters / 3);
  expect(cost.money).toBeCloseTo((cost.tokensIn + 4 * cost.tokensOut) / 1e6, 12);
  expect(costOf(questions)).not.toHaveProperty("money");
});

test("an answer gives a label, also between fences; unsure or null gives none; anything else is malformed", () => {
  const good = { text: "places in Texas", source: "model", confidence: 0.9, by: "m" };
  expect(answered('{"label":"places in Texas","confidence":0.9}', "m")).toEqual(good);
  expect(answered('Sure!\n```json\n{"label": "places in\\n Texas", "confidence": 0.9}\n```', "m")).toEqual(good);
  expect(answered('{"label":null,"confidence":0.2}', "m")).toBeUndefined();
  expect(answered('{"label":"places","confidence":0.3}', "m")).toBeUndefined();
  for (const text of [
    "",
    "places in Texas",
    "{oh}",
    '{"label":7,"confidence":1}',
    '{"label":"x"}',
    '{"label":"x","confidence":7}',
    '{"label":"  ","confidence":1}',
    `{"label":"${"x".repeat(81)}","confidence":1}`,
  ])
    expect(answered(text, "m"), text).toBe("malformed");
});
