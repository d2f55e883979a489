import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { mean } from "../stats.ts";
import { csvRows } from "./csv.ts";
import type { NamedAnswer, RunResult } from "./result.ts";
import { summarise } from "./summary.ts";
import { summaryChart } from "./summary-chart.ts";
import { summaryPage } from "./summary-page.ts";
import { tableFile } from "./table-file.ts";

const answer = (probability: number): NamedAnswer => ({
  id: 7,
  text: " Austin",
  logit: 1,
  probability,
  rank: probability > 0.5 ? 1 : 4,
});

/** Two cities, with and without a hint that helps the first. */
const results: RunResult[] = ["Dallas", 'Fres"no, <b>'].flatMap((city, c) =>
  [false, true].map((hint): RunResult => {
    const answers = { right: answer(hint && c === 0 ? 0.9 : 0.3), wrong: answer(0.1) };
    return {
      id: `r${c}${hint ? ".hint" : ""}`,
      kind: "predict",
      prompt: `In ${city} \ud800`,
      values: { city, id: "mine" },
      hint,
      tokens: 4,
      top: [{ id: 7, text: " Austin", logit: 1, probability: 0.9 }],
      answers,
    };
  }),
);
const broken: RunResult = { id: "r2", kind: "predict", prompt: "", error: { what: "the prompt is empty" } };

test("a hint's effect is the mean over pairs of the same run without and with it", () => {
  const { moved, compared, problems, all, by } = summarise([...results, broken]);
  expect(moved!.right!.value).toBeCloseTo(0.3);
  expect(moved!.right!.n).toBe(2);
  expect(moved!.wrong!.value).toBe(0);
  expect(compared.map(c => [c.name, c.runs, c.answers.right!.first.value])).toEqual([
    ["without hint", 2, 0],
    ["with hint", 2, 0.5],
  ]);
  expect(problems).toEqual([{ what: "the prompt is empty", runs: 1 }]);
  expect(all.runs).toBe(4);
  expect(by.map(b => [b.name, b.slices.map(s => s.runs)])).toEqual([["city", [2, 2]]]);
});

test("the interval of thousands of values is that of resampling them", () => {
  const values = (n: number) => Array.from({ length: n }, (_, i) => ((i * 7919) % 1000) / 1000);
  const resampled = mean(values(2000));
  const normal = mean(values(2001));
  expect(normal.high - normal.low).toBeCloseTo(resampled.high - resampled.low, 2);
  expect(normal.high - normal.low).toBeCloseTo((2 * 1.96 * Math.sqrt(1 / 12)) / Math.sqrt(2001), 3);
});

test("an intervention's effect is under it minus before it", () => {
  const { moved, compared } = summarise(
    results.map(r => ({ ...r, before: { top: [], answers: { right: answer(0.2) } } })),
  );
  expect(moved!.right!.value).toBeCloseTo((0.1 + 0.7 + 0.1 + 0.1) / 4);
  expect(compared.map(c => c.name)).toContain("before");
});

test("JSON lines, CSV and Parquet hold the same runs", async () => {
  const lines = String(tableFile([...results, broken], "jsonl"))
    .trimEnd()
    .split("\n");
  expect(lines.map(line => JSON.parse(line).id)).toEqual(["r0", "r0.hint", "r1", "r1.hint", "r2"]);
  const csv = csvRows(String(tableFile([...results, broken], "csv")), "x.csv");
  expect(csv[2]).toMatchObject({ id: "r1", city: 'Fres"no, <b>', value_id: "mine", top: " Austin", right_rank: "4" });
  const bytes = tableFile([...results, broken], "parquet") as Uint8Array<ArrayBuffer>;
  const rows = await parquetReadObjects({ file: bytes.buffer });
  expect(rows).toHaveLength(5);
  expect(rows[1]).toMatchObject({
    prompt: "In Dallas \ufffd",
    hint: true,
    right_probability: 0.9,
    right_rank: 1,
    problem: null,
  });
  expect(rows[4]).toMatchObject({ id: "r2", right_probability: null, hint: null, problem: "the prompt is empty" });
});

test("what a model says stays text in the picture and on the page", () => {
  const summary = summarise(results);
  const page = summaryPage(summary, results, {
    title: "In {city} <script>",
    model: "m",
    lucida: "0",
    file: "results.jsonl",
  });
  for (const markup of [summaryChart(summary), page]) {
    expect(markup).not.toMatch(/<b>|<script/);
    expect(markup).toContain("Fres&quot;no, &lt;b&gt;");
  }
  expect(page.match(/<details>/g)).toHaveLength(4);
});
