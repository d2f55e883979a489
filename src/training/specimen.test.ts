import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Batch } from "./corpus/pack.ts";
import { pullAt, rateAt, usualSchedule } from "./optimiser/schedule.ts";
import {
  conceptAid,
  type Onward,
  onwardSettings,
  specimenBatches,
  specimenQuestions,
  specimenSettings,
} from "./specimen.ts";
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

/** Of the tokens of some batches from a step on, how many belong to texts like this. */
function shareOf(like: RegExp, step: number, options: { steps?: number; onward?: Onward } = {}): number {
  const source = specimenBatches(encoder, { seed: 1, ...options }, step);
  let [found, all] = [0, 0];
  for (let i = 0; i < 12; i++) {
    for (const { text, tokens } of documentsIn(source.next().value as Batch)) {
      all += tokens;
      if (like.test(text)) found += tokens;
    }
  }
  return found / all;
}
const sums = /\d\d\+\d\d/;

test("code is learnt whole, and half of it is brief", () => {
  const source = specimenBatches(encoder, { seed: 1 }, 0);
  let [brief, long] = [0, 0];
  for (let i = 0; i < 12; i++) {
    for (const { text, tokens, learnt } of documentsIn(source.next().value as Batch)) {
      if (!/^(def|function) |^\w+\(\w, \w\) reads /.test(text)) continue;
      expect(learnt, text).toBe(tokens - 1);
      if (/ reads |return .*\nresult:/.test(text) && !/\n.*\n/.test(text)) brief++;
      else long++;
    }
  }
  expect(brief / (brief + long)).toBeGreaterThan(0.3);
  expect(brief / (brief + long)).toBeLessThan(0.7);
});

test("what is known by then makes room: in the end sums a fraction as often, people twice; a short run comes to it too", () => {
  const asked = / of \w+ \w+\? Answer:/;
  expect(shareOf(sums, 10_800) / shareOf(sums, 100)).toBeLessThan(0.6);
  expect(shareOf(asked, 10_800) / shareOf(asked, 100)).toBeGreaterThan(1.6);
  expect(shareOf(sums, 2300, { steps: 2800 }) / shareOf(sums, 0, { steps: 2800 })).toBeLessThan(0.6);
  // Words in other languages' frames from the beginning.
  expect(shareOf(/^[A-Z][A-Za-z ,:]*[\u4e00-\u9fff]/, 0)).toBeGreaterThan(0.005);
});

test("the rate rises once more, and few units are asked for late and less after that", () => {
  const { schedule } = specimenSettings(1, 14_000);
  expect([4799, 4800].map(step => pullAt(schedule, step) > 0)).toEqual([false, true]);
  expect(rateAt(schedule, 10_799)).toBeLessThan(2e-4);
  expect(rateAt(schedule, 10_900)).toBeGreaterThan(1.9e-3);
  expect(pullAt(schedule, 10_900)).toBeCloseTo((0.2 * rateAt(schedule, 10_900)) / 3e-3, 10);
  expect(pullAt(schedule, 13_999)).toBeLessThan(0.02);
  expect(pullAt(specimenSettings(1, 1400).schedule, 480)).toBeGreaterThan(0.9);
});

test("a run that goes on has much code first, other texts, a rate that only falls, and few units asked for after a third", () => {
  const ids = (more: { onward?: Onward }) =>
    (specimenBatches(encoder, { seed: 1, ...more }, 0).next().value as Batch).ids;
  expect(ids({ onward: "code" })).not.toEqual(ids({}));
  expect(ids({ onward: "code" })).not.toEqual(ids({ onward: "languages" }));
  const code = /^(def|function) |^\w+(\(\w, \w\)|: \w \w) reads /;
  expect(shareOf(code, 700, { onward: "code" })).toBeGreaterThan(0.25);
  expect(shareOf(code, 800, { onward: "code" })).toBeLessThan(0.12);
  const { schedule } = onwardSettings(1, "code");
  expect([200, 1000, 2399].map(step => rateAt(schedule, step))).toEqual(
    [200, 1000, 2399].map(step => rateAt({ ...usualSchedule, constant: 0, rate: 2e-3, steps: 2400 }, step)),
  );
  expect(pullAt(schedule, 799)).toBe(0);
  expect(pullAt(schedule, 800)).toBeCloseTo(rateAt(schedule, 800) / 2e-3, 10);
});

test("for languages, two words in five give way to what they stand for, and none in other runs", () => {
  const sharesOf = (more: { onward?: Onward }) => {
    const source = specimenBatches(encoder, { seed: 1, ...more }, 0);
    let [given, of] = [0, 0];
    for (let i = 0; i < 12; i++) {
      const { read, said, instead } = (source.next().value as Batch).concepts!;
      given += instead.filter(v => v).length;
      of += said.filter(v => v >= 0).length;
      instead.forEach((v, at) => {
        if (v) expect(read[at]).toBeGreaterThanOrEqual(0);
      });
    }
    return given / of;
  };
  expect(sharesOf({ onward: "languages" })).toBeGreaterThan(0.2);
  expect(sharesOf({ onward: "languages" })).toBeLessThan(0.5);
  expect(sharesOf({ onward: "code" })).toBe(0);
  expect(sharesOf({})).toBe(0);
  expect(conceptAid(6, "languages").instead).toBe(true);
  expect(conceptAid(6, "code").instead).toBeUndefined();
});

function documentsIn({ rows, length, ids, positions, targets }: Batch) {
  const found: { text: string; tokens: number; learnt: number }[] = [];
  for (let r = 0; r < rows; r++) {
    for (let from = r * length; from < (r + 1) * length; ) {
      let to = from + 1;
      while (to < (r + 1) * length && positions[to]! > 0) to++;
      const own = Array.from(ids.subarray(from, to));
      const learnt = targets.subarray(from, to).filter(t => t >= 0).length;
      if (to > from + 1) found.push({ text: encoder.decode(own.slice(1, -1)), tokens: to - from, learnt });
      from = to;
    }
  }
  return found;
}

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
