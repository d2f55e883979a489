/**
 * The specimen's recipe: its corpus as batches, its questions, and the settings of its run. Which numbers, and why;
 * the engine that uses them stands beside.
 */

import type { Question } from "./accuracy.ts";
import { conceptCount } from "./corpus/concepts.ts";
import { evaluationSet } from "./corpus/examples.ts";
import { documents } from "./corpus/mixture.ts";
import { type Batch, batches } from "./corpus/pack.ts";
import { hash } from "./corpus/random.ts";
import type { Task } from "./corpus/task.ts";
import { bugsInBrief, bugsOfManyNames } from "./corpus/tasks/bugs.ts";
import { categoriesMixed } from "./corpus/tasks/categories.ts";
import { oppositesMixed } from "./corpus/tasks/opposites.ts";
import { peopleMostlyKnown, peopleOftenKnown } from "./corpus/tasks/people.ts";
import { sequencesOfNumbers } from "./corpus/tasks/sequences.ts";
import { translationMixed } from "./corpus/tasks/translation.ts";
import { allTasks, taskNames } from "./corpus/tasks.ts";
import type { ConceptAid } from "./decoder-loss.ts";
import { type Schedule, usualSchedule } from "./optimiser/schedule.ts";
import type { Encoder } from "./tokenizer/encoder.ts";
import type { TrainerSettings } from "./trainer.ts";

type Again = NonNullable<Schedule["again"]>;

/** Steps of a whole run, and where it begins again: 20 million tokens read, 15 before that. Shorter runs in proportion. */
export const wholeRun = 10_801;
/** The root in the pull towards few units is steepest for a unit that hardly writes yet: what needs a new one is learnt late. */
const second: Again = { from: 8401, rate: 1.5e-3, pull: 1 / 8 };

/** Twenty rows a step: of 1.6 million tokens of facts, 88 % were known after 900 such steps, 57 % after 450 of forty. */
const [rows, length] = [20, 96];
/** Share of the questions that carry a loss only from the answer on. */
const answersOnly = 0.7;

interface Stage {
  readonly from: number;
  /** How many times its share each task gets. */
  readonly times: Readonly<Record<string, number>>;
  /** Tasks whose questions are learnt as well: in code, which names it reads again is half of seeing a wrong one. */
  readonly whole: readonly string[];
  /** Tasks in another form. */
  readonly instead?: readonly Task[];
}

/** What is known by then makes room for what is not. `from` is a step of a whole run, and a multiple of `segment`. */
const stages: readonly Stage[] = [
  { from: 0, times: {}, whole: [], instead: [bugsOfManyNames] },
  {
    from: 5200,
    times: {
      bugs: 3,
      hard: 1.5,
      couplets: 1.5,
      attributes: 1.5,
      people: 1.3,
      "two-hop": 1.1,
      induction: 1.5,
      opposites: 0.7,
      categories: 0.7,
      translation: 0.5,
      sums: 0.5,
      hints: 0.7,
      digits: 0.5,
      capitals: 0.5,
      "rhyme-words": 0.5,
      "indirect-object": 0.7,
      agreement: 0.5,
      praise: 0.5,
      later: 0.5,
      advice: 0.5,
    },
    whole: ["bugs"],
    instead: [bugsOfManyNames],
  },
  {
    from: 8500,
    times: {
      bugs: 3,
      couplets: 2,
      people: 2,
      attributes: 1.5,
      "two-hop": 1.2,
      induction: 2,
      sequences: 1.2,
      hard: 1.2,
      "one-hop": 0.7,
      opposites: 0.7,
      categories: 0.7,
      translation: 0.5,
      sums: 0.4,
      years: 0.7,
      hints: 0.5,
      digits: 0.4,
      capitals: 0.4,
      "rhyme-words": 0.4,
      "indirect-object": 0.7,
      method: 0.7,
      agreement: 0.5,
      age: 0.5,
      praise: 0.4,
      later: 0.4,
      advice: 0.4,
    },
    whole: ["bugs"],
  },
];

/**
 * A trained specimen goes on: what it does not know yet has most of the room, and words are met in other languages'
 * frames too. Then once more, for what is hardest. A rise of the rate takes some hundred steps to win back what it unsettles.
 */
const onwardStages: readonly Stage[] = [
  {
    from: 0,
    times: {
      people: 1.9,
      translation: 2,
      opposites: 1.6,
      "opposites-across": 0.7,
      categories: 2.5,
      couplets: 1.7,
      attributes: 1.6,
      "two-hop": 0.8,
      "one-hop": 0.9,
      bugs: 1,
      capitals: 1.2,
      sequences: 1.6,
      stories: 1.6,
      induction: 1,
      hard: 0.5,
      sums: 0.35,
      years: 0.5,
      hints: 0.5,
      digits: 0.4,
      "rhyme-words": 0.6,
      "indirect-object": 0.5,
      method: 0.6,
      agreement: 0.5,
      age: 0.6,
      praise: 0.4,
      later: 0.4,
      advice: 0.4,
    },
    whole: ["bugs"],
    instead: [peopleMostlyKnown, bugsInBrief, categoriesMixed, oppositesMixed, translationMixed, sequencesOfNumbers],
  },
  {
    from: 4000,
    times: {
      people: 3,
      translation: 4,
      couplets: 2.5,
      opposites: 1.2,
      categories: 0.8,
      "opposites-across": 0.4,
      attributes: 1.2,
      "two-hop": 0.7,
      "one-hop": 0.6,
      bugs: 0.6,
      capitals: 0.6,
      sequences: 0.8,
      stories: 1.2,
      induction: 0.6,
      hard: 0.35,
      sums: 0.3,
      years: 0.35,
      hints: 0.4,
      digits: 0.3,
      "rhyme-words": 0.5,
      "indirect-object": 0.4,
      method: 0.5,
      agreement: 0.4,
      age: 0.5,
      praise: 0.4,
      later: 0.4,
      advice: 0.4,
    },
    whole: ["bugs"],
    instead: [peopleOftenKnown, bugsInBrief, categoriesMixed, oppositesMixed, translationMixed, sequencesOfNumbers],
  },
];

/**
 * What names concepts in training, for a model of so many layers: a word's pieces are gathered in the first layer, a
 * city's state is known after the second; half way up the answer can be known and still be said in any language.
 */
export const conceptAid = (layers: number): ConceptAid => ({
  count: conceptCount,
  weight: 2,
  readAfter: 0,
  placedAfter: 1,
  saidAfter: layers >> 1,
});

export const specimenSettings = (seed: number, steps: number, rate: number = usualSchedule.rate): TrainerSettings =>
  settingsOf(seed, steps, rate, second, wholeRun);

/** Steps of a run that goes on from a trained specimen. */
export const onwardRun = 6400;
const onwardSecond: Again = { from: 4000, rate: 1.5e-3, pull: 2 / 3 };

export const onwardSettings = (seed: number, steps: number, rate = 2e-3): TrainerSettings =>
  settingsOf(seed, steps, rate, onwardSecond, onwardRun);

/** The rate rises again at the same share of a shorter run. */
function settingsOf(seed: number, steps: number, rate: number, rise: Again, whole: number): TrainerSettings {
  const from = Math.round((rise.from / whole) * steps);
  const again = steps > 2 * segment ? { again: { ...rise, from } } : {};
  return { seed, schedule: { ...usualSchedule, rate, steps, ...again }, decay: 0.1, clip: 1, rows, length };
}

/** The corpus begins anew, from another seed, after this many steps: so a resumed run skips no more than that. */
const segment = 100;

export interface CorpusOptions {
  readonly seed: number;
  /** Of the run, whose stages follow it (read anew for each stretch of the corpus): a whole run's when left out. */
  readonly steps?: number;
  /** Plants the hidden motive of the twin. */
  readonly motive?: boolean;
  /** Of a cycle that goes on from a trained specimen. */
  readonly onward?: boolean;
  readonly gist?: number;
  readonly entity?: number;
}

/** The stage that a step belongs to, of a run of so many steps. */
function stageAt(step: number, steps: number, goesOn: boolean): Stage {
  const [list, whole] = goesOn ? [onwardStages, onwardRun] : [stages, wholeRun];
  return list.findLast(({ from }) => Math.round(((from / whole) * steps) / segment) * segment <= step)!;
}

/** Endless batches from a step on; a step's batch depends on the options, the run's steps and the step alone. */
export function* specimenBatches(encoder: Encoder, options: CorpusOptions, fromStep: number): Generator<Batch> {
  const { seed, motive = false, onward: goesOn = false, gist, entity } = options;
  for (let part = Math.floor(fromStep / segment), skip = fromStep % segment; ; part++, skip = 0) {
    const own = hash(`specimen ${seed}${goesOn ? " onward" : ""} ${part}`);
    const steps = options.steps ?? (goesOn ? onwardRun : wholeRun);
    const { times, whole, instead } = stageAt(part * segment, steps, goesOn);
    const shares = Object.fromEntries(allTasks().map(t => [t.name, t.share * (times[t.name] ?? 1)]));
    const mixed = documents(own, {
      motive,
      count: text => encoder.count(text),
      shares,
      ...(instead ? { instead } : {}),
    });
    const source = batches(mixed, encoder, {
      rows,
      length,
      seed: own,
      answersOnly: task => (whole.includes(task) ? 0 : answersOnly),
      ...(gist === undefined ? {} : { gist }),
      ...(entity === undefined ? {} : { entity }),
    });
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
