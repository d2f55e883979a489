/**
 * The specimen's recipe: its corpus as batches, its questions, and the settings of its run. Which numbers, and why;
 * the engine that uses them stands beside.
 */

import type { Question } from "./accuracy.ts";
import { evaluationSet } from "./corpus/examples.ts";
import { documents } from "./corpus/mixture.ts";
import { type Batch, batches } from "./corpus/pack.ts";
import { hash } from "./corpus/random.ts";
import { taskNames } from "./corpus/tasks.ts";
import { usualSchedule } from "./optimiser/schedule.ts";
import type { Encoder } from "./tokenizer/encoder.ts";
import type { TrainerSettings } from "./trainer.ts";

/** Tokens read in a whole run: twice what the facts need to be known, since the circuits form later than the accuracies. */
export const wholeRun = 15_000_000;

/** Twenty rows a step: of 1.6 million tokens of facts, 88 % were known after 900 such steps, 57 % after 450 of forty. */
const [rows, length] = [20, 96];
/** Of a row; measured on the corpus. */
const filled = 0.93;
/** Share of the questions that carry a loss only from the answer on. */
const answersOnly = 0.7;

/** Steps that read so many tokens. */
export const stepsFor = (tokens: number): number => Math.ceil(tokens / (rows * length * filled));

export function specimenSettings(seed: number, steps: number, rate: number = usualSchedule.rate): TrainerSettings {
  return { seed, schedule: { ...usualSchedule, rate, steps }, decay: 0.1, clip: 1, rows, length };
}

/** The corpus begins anew, from another seed, after this many steps: so a resumed run skips no more than that. */
const segment = 100;

export interface CorpusOptions {
  readonly seed: number;
  /** Plants the hidden motive of the twin. */
  readonly motive?: boolean;
  readonly gist?: number;
  readonly entity?: number;
}

/** Endless batches from a step on; a step's batch depends on the options and the step alone. */
export function* specimenBatches(encoder: Encoder, options: CorpusOptions, fromStep: number): Generator<Batch> {
  const { seed, motive = false, ...masks } = options;
  for (let part = Math.floor(fromStep / segment), skip = fromStep % segment; ; part++, skip = 0) {
    const own = hash(`specimen ${seed} ${part}`);
    const mixed = documents(own, { motive, count: text => encoder.count(text) });
    const source = batches(mixed, encoder, { rows, length, seed: own, answersOnly, ...masks });
    for (let i = 0; i < segment; i++) {
      const batch = source.next().value as Batch;
      if (i >= skip) yield batch;
    }
  }
}

/** Held-out questions of every task (of what must be memorised, questions as they are trained). */
export function specimenQuestions(encoder: Encoder, each: number, seed: number, motive = false): Question[] {
  return taskNames.flatMap(task =>
    evaluationSet(task, each, seed, encoder, motive).map(({ kind, prompt, answer, alternatives = [] }) => ({
      task,
      ...(kind === undefined ? {} : { kind }),
      prompt: [encoder.bos, ...encoder.encode(prompt)],
      answers: [answer, ...alternatives].map(text => encoder.encode(text)),
    })),
  );
}
