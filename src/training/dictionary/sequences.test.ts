import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Batch, type Sequence, sequenceBatches } from "../corpus/pack.ts";
import { Encoder } from "../tokenizer/encoder.ts";
import { specimenSequences, windowSequences } from "./sequences.ts";

const file = join(import.meta.dirname, "../../../specimen/tokenizer.json");
const encoder = new Encoder(JSON.parse(readFileSync(file, "utf8")));
const first = <T>(all: Iterable<T>, n: number): T[] => {
  const source = all[Symbol.iterator]();
  return Array.from({ length: n }, () => source.next().value as T);
};

test("asked about answers only, the same texts are learnt from the answer on; windows of running text are learnt whole", () => {
  const sequences = specimenSequences(encoder, 1, { "two-hop": 1, translation: 1 });
  const whole = first(sequences.part(7), 300);
  expect(first(sequences.asked(7, 0), 300)).toEqual(whole.map(ids => ({ ids, learnFrom: 1 })));

  const only = first(sequences.asked(7, 1), 300);
  expect(only.map(s => s.ids)).toEqual(whole);
  const learnt = ({ ids, learnFrom }: Sequence) => encoder.decode(ids.slice(learnFrom));
  const glossaries = only.filter(s => / = .* = /.test(encoder.decode([...s.ids])));
  expect(glossaries.length).toBeGreaterThan(20);
  expect(glossaries.every(s => s.learnFrom === 1)).toBe(true);
  // "The capital of the state containing Dallas is| Austin.": no more than the answer, a full stop and the end.
  const questions = only.filter(s => s.learnFrom! > 1);
  expect(questions.length).toBeGreaterThan(150);
  for (const s of questions) expect(learnt(s).length, learnt(s)).toBeLessThan(45);
  expect(only.filter(s => learnt(s).startsWith(" Austin.")).length).toBeGreaterThan(0);

  const half = first(sequences.asked(7, 0.5), 300).filter(s => s.learnFrom! > 1).length;
  expect(half / questions.length).toBeGreaterThan(0.35);
  expect(half / questions.length).toBeLessThan(0.65);

  // In a batch only what is learnt has a target.
  const { targets, tokens } = sequenceBatches(sequences.asked(7, 1), { rows: 4, length: 64 }).next().value as Batch;
  expect(targets.filter(t => t >= 0)).toHaveLength(tokens);
  const all = sequenceBatches(sequences.asked(7, 0), { rows: 4, length: 64 }).next().value as Batch;
  expect(tokens).toBeLessThan(0.6 * all.tokens);

  const windows = windowSequences(
    Array.from({ length: 40 }, (_, i) => [0, i + 1, i + 2]),
    1,
    20,
  );
  expect(first(windows.asked(0, 1), 5)).toEqual(first(windows.part(0), 5).map(ids => ({ ids })));
});
