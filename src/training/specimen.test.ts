import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Batch } from "./corpus/pack.ts";
import { specimenBatches, specimenQuestions, specimenSettings } from "./specimen.ts";
import { Encoder } from "./tokenizer/encoder.ts";

const file = join(import.meta.dirname, "../../specimen/tokenizer.json");
const encoder = new Encoder(JSON.parse(readFileSync(file, "utf8")));

test("a step's batch is the same whether the run came to it or began there, also over the seam of two parts", () => {
  const through = specimenBatches(encoder, { seed: 3 }, 97);
  const batches = Array.from({ length: 5 }, () => through.next().value as Batch);
  [98, 100, 101].forEach((step, i) => {
    const resumed = specimenBatches(encoder, { seed: 3 }, step).next().value as Batch;
    expect(resumed, `step ${step}`).toEqual(batches[[1, 3, 4][i]!]);
  });
  expect(batches[3]!.ids).not.toEqual(batches[2]!.ids);
  const other = specimenBatches(encoder, { seed: 4 }, 97).next().value as Batch;
  expect(other.ids).not.toEqual(batches[0]!.ids);
});

test("batches have the size that the settings plan for, and are nearly full", () => {
  const { rows, length } = specimenSettings(1, 10);
  const batch = specimenBatches(encoder, { seed: 1 }, 0).next().value as Batch;
  expect([batch.rows, batch.length]).toEqual([rows, length]);
  const padding = batch.ids.filter((id, i) => id === encoder.eos && batch.positions[i] === 0).length;
  expect(1 - padding / (rows * length)).toBeGreaterThan(0.9);
  // Most questions carry a loss on their answers alone.
  expect(batch.tokens / (rows * length)).toBeLessThan(0.75);
});

test("every task asks questions, other ones for another seed", () => {
  const questions = specimenQuestions(encoder, 3, 1);
  expect(new Set(questions.map(q => q.task)).size).toBeGreaterThan(20);
  for (const { prompt, answers } of questions) {
    expect(prompt[0]).toBe(encoder.bos);
    expect(answers.every(a => a.length > 0 && prompt.length + a.length < 128)).toBe(true);
  }
  const others = new Set(specimenQuestions(encoder, 3, 2).map(q => q.prompt.join()));
  expect(questions.filter(q => others.has(q.prompt.join())).length).toBeLessThan(questions.length / 2);
});
