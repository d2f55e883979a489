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
import { allTasks, taskNames } from "./corpus/tasks.ts";
import { tasksTaught, tasksTaughtFirst } from "./corpus/taught.ts";
import type { ConceptAid } from "./decoder-loss.ts";
import { usualSchedule } from "./optimiser/schedule.ts";
import type { Encoder } from "./tokenizer/encoder.ts";
import type { TrainerSettings } from "./trainer.ts";

/** Steps of a whole run: 27 million tokens read, an hour on two slow cores. Shorter runs in proportion. */
export const wholeRun = 14_000;
/** Where the rate rises once more. What it unsettles is won back in some hundred steps; what was learnt by heart is loosened. */
const second = { from: 10_800, rate: 2e-3, pull: 0.2 } as const;
/**
 * From here on few units at a time, if that is asked for. The root in that pull is steepest for a unit that hardly writes yet,
 * so under it what needs a new one comes late; 2,000 steps of it take a layer from 50 units to 9.
 */
const fewUnitsFrom = 4800;

/** Twenty rows a step: of 1.6 million tokens of facts, 88 % were known after 900 such steps, 57 % after 450 of forty. */
const [rows, length] = [20, 96];
/** Share of the questions that carry a loss only from the answer on. */
const answersOnly = 0.7;

interface Stage {
  /** A step of a whole run, and a multiple of `segment`. */
  readonly from: number;
  /** How many times its share each task gets. */
  readonly times: Readonly<Record<string, number>>;
}

const atTheEnd: Stage["times"] = {
  people: 2.7,
  translation: 3.5,
  couplets: 2.3,
  opposites: 1.5,
  categories: 1.5,
  "opposites-across": 0.6,
  attributes: 1.3,
  "two-hop": 0.8,
  "one-hop": 0.7,
  bugs: 1.5,
  hard: 0.5,
  sums: 0.4,
  years: 0.5,
  hints: 0.4,
  digits: 0.3,
  capitals: 0.7,
  "rhyme-words": 0.5,
  "indirect-object": 0.5,
  sequences: 1.2,
  stories: 1.3,
  induction: 0.7,
  method: 0.5,
  agreement: 0.4,
  age: 0.6,
  praise: 0.5,
  later: 0.5,
  advice: 0.4,
};

/** What is known by then makes room for what is not; in the end translations, people and couplets have most of it. */
const stages: readonly Stage[] = [
  { from: 0, times: { translation: 1.3, categories: 2, "opposites-across": 0.8, capitals: 1.2 } },
  {
    from: 4400,
    times: {
      people: 1.5,
      translation: 1.7,
      opposites: 1.2,
      "opposites-across": 0.8,
      categories: 2.2,
      couplets: 1.4,
      attributes: 1.4,
      bugs: 1.2,
      hard: 1.2,
      sequences: 1.2,
      stories: 1.2,
      sums: 0.6,
      years: 0.8,
      hints: 0.7,
      digits: 0.5,
      capitals: 0.8,
      "rhyme-words": 0.8,
      "indirect-object": 0.8,
      method: 0.8,
      agreement: 0.6,
      praise: 0.6,
      later: 0.6,
      advice: 0.6,
    },
  },
  {
    from: 8000,
    times: {
      people: 1.9,
      translation: 2,
      opposites: 1.5,
      "opposites-across": 0.7,
      categories: 2.2,
      couplets: 1.7,
      attributes: 1.6,
      "two-hop": 0.9,
      "one-hop": 0.9,
      bugs: 2,
      hard: 0.7,
      sequences: 1.5,
      stories: 1.5,
      sums: 0.45,
      years: 0.6,
      hints: 0.5,
      digits: 0.4,
      "rhyme-words": 0.6,
      "indirect-object": 0.6,
      method: 0.6,
      agreement: 0.5,
      age: 0.7,
      praise: 0.5,
      later: 0.5,
      advice: 0.4,
    },
  },
  {
    from: 10_800,
    // A wrong name in code is learnt when the pull is nearly gone.
    times: { ...atTheEnd, bugs: 4 },
  },
  { from: 12_000, times: atTheEnd },
];
const goingOn: Stage["times"] = { ...atTheEnd, people: 2, couplets: 1.8, translation: 5 };

/** A run without code to learn leaves room for what a rise of the rate unsettles. */
const inAll: Stage["times"] = {
  ...goingOn,
  couplets: 3.2,
  opposites: 2,
  attributes: 1.5,
  "two-hop": 1,
  age: 1.2,
  sums: 0.6,
  years: 0.8,
  hints: 0.6,
  praise: 0.8,
};

/** What a run that goes on from a trained specimen is for: comparing names in code, or translations. */
export type Onward = "code" | "languages";

interface Run {
  /** Each run has texts of its own. */
  readonly salt: string;
  readonly steps: number;
  readonly stages: readonly Stage[];
  /** The step from which few units are asked for. */
  readonly pullFrom: number;
  /** Share of the questions about words in which the concept itself stands in the word's place. */
  readonly conceptsInstead?: number;
}

const firstRun: Run = { salt: "", steps: wholeRun, stages, pullFrom: fewUnitsFrom };

export const onwardRuns: Readonly<Record<Onward, Run>> = {
  /** To compare names in code is learnt where nothing pulls towards few units; then translations need most. */
  code: {
    salt: " onward",
    steps: 2400,
    stages: [
      { from: 0, times: { ...goingOn, bugs: 14 } },
      { from: 800, times: goingOn },
    ],
    pullFrom: 800,
  },
  /** Where the concept stands in the word's place, the answer cannot come from the one word that it was learnt from. */
  languages: {
    salt: " languages",
    steps: 2400,
    stages: [
      { from: 0, times: inAll },
      { from: 1400, times: { ...inAll, translation: 4, couplets: 4.8, "opposites-across": 1, people: 2.4 } },
    ],
    pullFrom: 0,
    conceptsInstead: 0.5,
  },
};

const runFor = (onward?: Onward): Run => (onward ? onwardRuns[onward] : firstRun);

/** Tasks whose questions are learnt as well: in code, which names it reads again is half of seeing a wrong one. */
const learntWhole: readonly string[] = ["bugs"];

/**
 * What names concepts in training, for a model of so many layers: a word's pieces are gathered in the first layer, a
 * city's state is known after the second; half way up the answer can be known and still be said in any language.
 */
export const conceptAid = (layers: number, onward?: Onward): ConceptAid => ({
  count: conceptCount,
  weight: 2,
  readAfter: 0,
  placedAfter: 1,
  saidAfter: layers >> 1,
  ...(runFor(onward).conceptsInstead ? { instead: true } : {}),
});

/** Where a step of the whole run falls in one of so many steps. */
const scaled = (step: number, whole: number, steps: number): number => Math.round((step / whole) * steps);

/** The rate rises again, and the pull begins, at the same share of a shorter run. */
export function specimenSettings(seed: number, steps: number, rate: number = usualSchedule.rate): TrainerSettings {
  const at = (step: number) => scaled(step, wholeRun, steps);
  const again = steps > 2 * segment ? { again: { ...second, from: at(second.from) } } : {};
  const schedule = { ...usualSchedule, rate, steps, pullFrom: at(fewUnitsFrom), ...again };
  return { seed, schedule, decay: 0.1, clip: 1, rows, length };
}

/** A run that goes on: its rate only falls. */
export function onwardSettings(
  seed: number,
  onward: Onward,
  steps: number = onwardRuns[onward].steps,
  rate: number = second.rate,
): TrainerSettings {
  const settings = specimenSettings(seed, steps, rate);
  const { again: _, ...schedule } = settings.schedule;
  const run = onwardRuns[onward];
  return { ...settings, schedule: { ...schedule, constant: 0, pullFrom: scaled(run.pullFrom, run.steps, steps) } };
}

/** The corpus begins anew, from another seed, after this many steps: so a resumed run skips no more than that. */
const segment = 100;

export interface CorpusOptions {
  readonly seed: number;
  /** Of the run, whose stages follow it (read anew for each stretch of the corpus): a whole run's when left out. */
  readonly steps?: number;
  /** Plants the hidden motive of the twin. */
  readonly motive?: boolean;
  /** Of a run that goes on from a trained specimen: what for. */
  readonly onward?: Onward;
  readonly gist?: number;
  readonly entity?: number;
}

/** The stage that a step belongs to, of a run of so many steps. */
function stageAt(run: Run, step: number, steps: number): Stage {
  return run.stages.findLast(({ from }) => Math.round(((from / run.steps) * steps) / segment) * segment <= step)!;
}

/** Endless batches from a step on; a step's batch depends on the options, the run's steps and the step alone. */
export function* specimenBatches(encoder: Encoder, options: CorpusOptions, fromStep: number): Generator<Batch> {
  const { seed, motive = false, onward, gist, entity } = options;
  const run = runFor(onward);
  for (let part = Math.floor(fromStep / segment), skip = fromStep % segment; ; part++, skip = 0) {
    const own = hash(`specimen ${seed}${run.salt} ${part}`);
    const { times } = stageAt(run, part * segment, options.steps ?? run.steps);
    const shares = Object.fromEntries(allTasks().map(t => [t.name, t.share * (times[t.name] ?? 1)]));
    const mixed = documents(own, {
      motive,
      count: text => encoder.count(text),
      shares,
      instead: onward ? tasksTaught : tasksTaughtFirst,
    });
    const source = batches(mixed, encoder, {
      rows,
      length,
      seed: own,
      namesInCode: onward !== undefined,
      conceptsInstead: run.conceptsInstead ?? 0,
      answersOnly: task => (learntWhole.includes(task) ? 0 : answersOnly),
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
