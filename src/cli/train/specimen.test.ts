/** `lucida train specimen` going on from a trained one: a step is enough to see that what it knew is still there. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { command, commandJson } from "../../../test/command.ts";

const home = mkdtempSync(join(tmpdir(), "lucida-onward-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const onward = (out: string, ...more: string[]) => [
  "train",
  "specimen",
  "--size",
  "quarter",
  "--steps",
  "2",
  "--rate",
  "1e-5",
  "--out",
  join(home, out),
  ...more,
];

test("going on begins with what the model knows, says how many units a token uses, and leaves a model folder", async () => {
  const right = (report: { accuracies: { task: string; right: number; of: number }[] }) => {
    const of = report.accuracies.filter(a => a.task === "agreement");
    return of.reduce((sum, a) => sum + a.right, 0) / of.reduce((sum, a) => sum + a.of, 0);
  };
  const gone = await commandJson(...onward("gone", "--from", "specimen-quarter", "--few-units", "0.01"));
  expect(right(gone)).toBeGreaterThan(0.9);
  // The root of an effective number of a layer's units, squared: no more than there are.
  expect(gone.history[0].units).toBeGreaterThan(1);
  expect(gone.history[0].units).toBeLessThan(192);
  expect(gone.settings.aids).toEqual({ fewUnits: 0.01 });
  expect(gone.from).toBe("specimen-quarter");
  expect(readdirSync(join(home, "gone")).sort()).toEqual([
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "training.json",
  ]);
  expect(JSON.parse(readFileSync(join(home, "gone/training.json"), "utf8")).from).toBe("specimen-quarter");
  const fresh = await commandJson(...onward("fresh"));
  expect(right(fresh)).toBeLessThan(0.3);
}, 120_000);

test("what a run goes on for is one of the runs there are, and of a run that goes on", async () => {
  const unknown = await command(...onward("no", "--from", "specimen-quarter", "--onward", "music"));
  expect(unknown.code).toBe(2);
  expect(unknown.err).toMatch(/no run for "music"\s+try one of code, languages/);
  const fresh = await command(...onward("no", "--onward", "languages"));
  expect(fresh.code).toBe(2);
  expect(fresh.err).toMatch(/--onward is about a run that goes on\s+try --from/);
});

test("a model of another shape is refused with both shapes", async () => {
  const ended = await command(...onward("no", "--from", "specimen"));
  expect(ended.code).toBe(1);
  expect(ended.err).toMatch(/specimen has 6 layers of 128, 352 units each and 3058 tokens, and this run \d layers of/);
  expect(ended.err).toMatch(/the --size that it was trained with/);
});
