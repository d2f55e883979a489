import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Batch } from "./corpus/pack.ts";
import { onwardSettings, specimenBatches, specimenQuestions, specimenSettings } from "./specimen.ts";
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

test("late in the run code comes three times as often, and is learnt whole", () => {
  const shareOfCode = (step: number, steps?: number) => {
    const source = specimenBatches(encoder, { seed: 1, ...(steps ? { steps } : {}) }, step);
    let [code, all] = [0, 0];
    for (let i = 0; i < 12; i++) {
      const batch = source.next().value as Batch;
      for (const row of documentsIn(batch)) {
        if (!/^(def|function) /.test(row.text)) all += row.tokens;
        else {
          code += row.tokens;
          all += row.tokens;
          if (step >= 5200) expect(row.learnt).toBe(row.tokens - 1);
        }
      }
    }
    return code / all;
  };
  const [early, later] = [shareOfCode(5100), shareOfCode(5200)];
  expect(early).toBeGreaterThan(0.03);
  expect(later / early).toBeGreaterThan(2);
  // A run of a fifth of the steps comes to its stages in a fifth of the time.
  expect(shareOfCode(1100, 2160) / shareOfCode(900, 2160)).toBeGreaterThan(2);
});

test("a run that goes on has its own mixture: brief code, words in other languages' frames, in the end much about people", () => {
  const sharesAt = (step: number) => {
    const source = specimenBatches(encoder, { seed: 1, onward: true }, step);
    const shares = { brief: 0, mixed: 0, people: 0 };
    let all = 0;
    for (let i = 0; i < 12; i++) {
      for (const { text, tokens } of documentsIn(source.next().value as Batch)) {
        all += tokens;
        if (/^\w+\(\w, \w\) reads |^(def|function) .*\nresult:/.test(text)) shares.brief += tokens;
        if (/^[A-Z][A-Za-z ,:]*[\u4e00-\u9fff]/.test(text)) shares.mixed += tokens;
        if (/ of \w+ \w+\? Answer:/.test(text)) shares.people += tokens;
      }
    }
    return Object.fromEntries(Object.entries(shares).map(([name, tokens]) => [name, tokens / all]));
  };
  const [first, last] = [sharesAt(100), sharesAt(4000)];
  expect(first!.brief).toBeGreaterThan(0.005);
  expect(first!.mixed).toBeGreaterThan(0.01);
  expect(last!.people! / first!.people!).toBeGreaterThan(1.3);
  expect(onwardSettings(1, 6400).schedule.again).toEqual({ from: 4000, rate: 1.5e-3, pull: 2 / 3 });
  const seed = (onward: boolean) => (specimenBatches(encoder, { seed: 1, onward }, 0).next().value as Batch).ids;
  expect(seed(true)).not.toEqual(seed(false));
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
