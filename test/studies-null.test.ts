/**
 * Honesty, for every study that comes along: a model that knows nothing, and each test on its own null. A study that says
 * HOLDS here would say it of anything.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenModel, openModel } from "../src/store/open-model.ts";
import { specimenEncoder } from "../src/store/specimen-encoder.ts";
import { studies } from "../src/studies/documents/index.ts";
import { Lab } from "../src/studies/lab.ts";
import { runStudy, type StudyOptions } from "../src/studies/run-study.ts";
import { type Ground, type Study, study as studyShape } from "../src/studies/study.ts";
import type { Encoder } from "../src/training/tokenizer/encoder.ts";
import { embedded } from "./embedded.ts";
import { tinyFolder } from "./tiny-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "studies-null-"));
let open: OpenModel;
let encoder: Encoder;
beforeAll(async () => {
  tinyFolder(folder, { layers: 2, dModel: 32, dMlp: 48, heads: 4 });
  open = await openModel({ kind: "folder", path: folder, name: "random", source: "disk" }, { threads: 1 });
  encoder = (await specimenEncoder(embedded))!;
});
afterAll(async () => {
  await open.close();
  rmSync(folder, { recursive: true });
});

/** The same questions, fewer of them: seconds for all. */
const smaller = (ground: Ground): Ground => ({
  ...ground,
  prompts: ground.prompts.map(p => ("task" in p ? { ...p, count: Math.min(p.count, 48) } : p)),
  gate: { ...ground.gate, count: 60 },
});

const grounds: readonly (readonly [string, Study])[] = studies.flatMap(s =>
  s.grounds.map(g => [`${s.name}, ${g.on}`, { ...s, grounds: [smaller(g)] }] as const),
);

const run = (study: Study, options: Partial<StudyOptions> = {}) =>
  runStudy(study, new Lab(open.model, open.tokenizer!), {
    encoder: study.grounds[0]!.on === "specimen" ? encoder : undefined,
    precision: "float32",
    fingerprint: "test",
    most: 12,
    ...options,
  });

test("each test of every study that comes along names what it must fail on", () => {
  const tests = studies.flatMap(s => s.grounds.flatMap(g => g.tests));
  expect(tests.length).toBeGreaterThan(40);
  for (const t of tests) expect(["shuffled labels", "random directions"], t.title).toContain(t.failsOn);
  const { failsOn: _, ...without } = tests[0]!;
  const bare = { ...studies[0]!, grounds: [{ ...studies[0]!.grounds[0]!, tests: [without] }] };
  expect(studyShape.safeParse(bare).success).toBe(false);
});

describe.each(grounds)("%s", (_, study) => {
  test("of a model with random weights it does not hold", async () => {
    const { verdict, gate } = await run(study);
    expect(["NOT APPLICABLE", "FAILS", "VOID"], `gate ${gate.share.value} of ${gate.share.n}`).toContain(verdict);
  }, 120_000);

  test("with the gate forced open, on its own nulls it does not hold", async () => {
    const { verdict, findings } = await run(study, { null: "shuffled labels", force: true });
    const held = findings.filter(f => f.core && f.outcome === "holds").map(f => `${f.title}: ${f.why}`);
    expect(verdict, held.join("\n")).not.toBe("HOLDS");
    expect(held).toEqual([]);
  }, 120_000);
});
