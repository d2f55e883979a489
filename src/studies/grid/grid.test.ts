import { expect, test } from "vitest";
import { Problem } from "../../core/problem.ts";
import { csvLine, csvRows } from "./csv.ts";
import { expand } from "./grid.ts";
import { readRows } from "./prompt-list.ts";
import { shardsOf } from "./shard.ts";

const cities = [
  { values: { city: "Dallas", capital: "Austin" } },
  { values: { city: "Fresno", capital: "Sacramento" } },
];

test("a grid is every row with every listed value, with and without the hint, for each seed", () => {
  const runs = expand({
    kind: "generate",
    template: "{hint}The capital of the {kind} containing {city} is",
    rows: cities,
    lists: { kind: ["state", "place"] },
    hint: "I think {capital}. ",
    seeds: [1, 2, 3],
    answers: { right: " {capital}" },
  });
  expect(runs).toHaveLength(2 * 2 * 2 * 3);
  expect(new Set(runs.map(r => r.id)).size).toBe(runs.length);
  expect(runs.at(-1)).toEqual({
    id: "r1.kind1.hint.s3",
    kind: "generate",
    prompt: "I think Sacramento. The capital of the place containing Fresno is",
    values: { city: "Fresno", capital: "Sacramento", kind: "place" },
    hint: true,
    seed: 3,
    answers: { right: " Sacramento" },
  });
});

test("rows added at the end leave the ids of the others as they were", () => {
  const template = "{city}";
  const before = expand({ kind: "predict", template, rows: cities.slice(0, 1), seeds: [1, 2] });
  const after = expand({ kind: "predict", template, rows: cities, seeds: [1, 2] });
  expect(after.slice(0, 2)).toEqual(before);
});

test("a slot without a value is named, with its row and what could be meant", () => {
  expect(() => expand({ kind: "predict", template: "In {citty}", rows: cities })).toThrow(
    expect.objectContaining({
      message: 'nothing was given for {citty} in "In {citty}"',
      where: "in row 1",
      advice: "{city}",
    }),
  );
});

test("a list's own prompts are texts: their braces are not slots", () => {
  const rows = readRows('{"prompt": "f = {x: 1}; f.", "answer": "{x}"}\n"plain"\n', "list.jsonl");
  const runs = expand({ kind: "predict", rows });
  expect(runs[0]).toMatchObject({ prompt: "f = {x: 1}; f.", answers: { answer: "{x}" } });
  expect(runs[1]).toEqual({ id: "r1", kind: "predict", prompt: "plain" });
});

test("a broken line of a prompt list is named", () => {
  expect(() => readRows('"a"\n\n{"prompt": 3', "list.jsonl")).toThrow(/list.jsonl, line 3 is not JSON/);
  expect(() => readRows('{"prompt": ["a"]}', "list.jsonl")).toThrow(Problem);
});

test("CSV comes back as it was written, commas, quotes, line ends and leading spaces included", () => {
  const fields = [' a,"b"\nc', "", "x"];
  const text = `one,two,three\r\n${csvLine(fields)}\r\n`;
  expect(csvRows(text, "t.csv")).toEqual([{ one: fields[0], two: "", three: "x" }]);
  expect(() => csvRows("a,b\n1,2\n1", "t.csv")).toThrow(expect.objectContaining({ where: "in t.csv, line 3" }));
  expect(() => csvRows('a\n"x', "t.csv")).toThrow(/never ends/);
});

test("a shard's hash is of what its results depend on, and of nothing else", async () => {
  const runs = expand({ kind: "predict", template: "{city}", rows: cities });
  const hash = async (name: string, identity: string, some: typeof runs) =>
    (await shardsOf({ name, identity }, some))[0]!.hash;
  const first = await hash("m", "abc", runs);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  const turned = runs.map(run => Object.fromEntries(Object.entries(run).reverse())) as unknown as typeof runs;
  expect(await hash("other name", "abc", turned)).toBe(first);
  expect(await hash("m", "abd", runs)).not.toBe(first);
  expect(await hash("m", "abc", runs.slice(1))).not.toBe(first);
});

test("shards keep every run once", async () => {
  const runs = expand({
    kind: "predict",
    template: "{n}",
    lists: { n: Array.from({ length: 1000 }, (_, i) => `${i}`) },
  });
  const shards = await shardsOf({ name: "m", identity: "x" }, [...runs, ...expand({ kind: "trace", template: "a" })]);
  expect(shards.map(s => s.runs.length)).toEqual([256, 256, 256, 232, 1]);
  expect(shards.flatMap(s => s.runs.map(r => r.id)).length).toBe(1001);
});
