/** On the embedded model, whole: the study holds, and with any of the nulls it does not. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OpenModel, openModel } from "../src/store/open-model.ts";
import { specimenEncoder } from "../src/store/specimen-encoder.ts";
import { StudyResults } from "../src/store/study-results.ts";
import { twoHop } from "../src/studies/documents/two-hop.ts";
import { Lab } from "../src/studies/lab.ts";
import { signFlipped } from "../src/studies/null-weights.ts";
import { type Memo, runStudy, type StudyOptions } from "../src/studies/run-study.ts";
import type { Study } from "../src/studies/study.ts";
import type { Encoder } from "../src/training/tokenizer/encoder.ts";
import { embedded } from "./embedded.ts";

let open: OpenModel;
let flipped: OpenModel;
let encoder: Encoder;
let folder: string;
beforeAll(async () => {
  open = await openModel(embedded);
  flipped = await openModel(embedded, { weights: w => signFlipped(w, 1) });
  encoder = (await specimenEncoder(embedded))!;
  folder = await mkdtemp(join(tmpdir(), "studies-"));
});
afterAll(async () => {
  await open.close();
  await flipped.close();
  await rm(folder, { recursive: true });
});

/** The first test alone, with fewer prompts. */
const small: Study = {
  ...twoHop,
  grounds: twoHop.grounds
    .filter(g => g.on === "specimen")
    .map(g => ({
      ...g,
      prompts: g.prompts.map(p => ("task" in p ? { ...p, count: p.split === "train" ? 1500 : 60 } : p)),
      tests: g.tests.slice(0, 1),
    })),
};
const run = (options: Partial<StudyOptions> = {}, of = open) =>
  runStudy(small, new Lab(of.model, of.tokenizer!), {
    encoder,
    precision: "float16",
    fingerprint: "test",
    most: 14,
    ...options,
  });

test("two hops hold on the embedded model: another state in the city's place gives its capital", async () => {
  const report = await run();
  expect(report.sentence).toBe(small.holds);
  expect(report.verdict).toBe("HOLDS");
  expect(report.findings[0]!.main!.share.value).toBeGreaterThan(0.6);
  expect(report.findings[0]!.controls.every(c => c.share.value < 0.2)).toBe(true);
}, 180_000);

test.each(["shuffled labels", "random directions"] as const)(
  "with %s the same study does not hold",
  async kind => {
    const report = await run({ null: kind, force: true });
    expect(["FAILS", "VOID", "NOT APPLICABLE"]).toContain(report.verdict);
  },
  180_000,
);

test("with the signs of all weights at random the model fails the gate, and the tests fail as well", async () => {
  expect((await run({}, flipped)).verdict).toBe("NOT APPLICABLE");
  expect((await run({ null: "random weights", force: true }, flipped)).verdict).not.toBe("HOLDS");
}, 180_000);

test("a run that is killed half-way and taken up again ends the same", async () => {
  const results = new StudyResults(folder);
  let writes = 0;
  const dying: Memo = {
    get: key => results.get(key),
    async put(key, value) {
      if (++writes > 1) throw new Error("killed");
      await results.put(key, value);
    },
  };
  await expect(run({ memo: dying })).rejects.toThrow("killed");
  const { runs: again, ...resumed } = await run({ memo: results });
  const { runs: whole, ...fresh } = await run();
  expect(resumed).toEqual(JSON.parse(JSON.stringify(fresh)));
  expect(again).toBeLessThan(whole);
}, 240_000);
