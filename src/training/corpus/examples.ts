/**
 * Questions to judge the specimen by, and to study it with: prompt, answer, where things stand, and a contrast.
 *
 * Exact match over the answer's tokens is the measure (greedy decoding happens elsewhere). `versus` is the same sentence
 * about something else: as many tokens, another answer, as few tokens changed as could be found.
 */
import { internal, Problem } from "../../core/problem.ts";
import { type Encoder, type Span, spanOf } from "../tokenizer/encoder.ts";
import { answerOf, type Line, promptOf } from "./line.ts";
import { Random } from "./random.ts";
import { type Draft, drawFrom, type Split, type Task } from "./task.ts";
import { allTasks, taskNames } from "./tasks.ts";

export interface Role extends Span {
  readonly text: string;
  /** Where it stands beside that, each time the same text: “double(21)+9? … Steps: double(21)=”. */
  readonly also?: readonly { readonly first: number; readonly last: number }[];
}

export interface Example {
  readonly task: string;
  readonly split: Split;
  readonly kind?: string;
  readonly prompt: string;
  readonly answer: string;
  /** Other right answers. */
  readonly alternatives?: readonly string[];
  /** A tempting wrong answer. */
  readonly foil?: string;
  readonly versus?: {
    readonly prompt: string;
    readonly answer: string;
    /** What both answers begin with, when their first tokens agree: append it to both prompts to stand where they part. */
    readonly lead?: string;
  };
  readonly story: {
    /** By name (city, noun, a, b, word, person, hint, end, break …): its text, and its first and last token (the begin token is 0). */
    readonly roles: Readonly<Record<string, Role>>;
    /** What must be worked out on the way: "Texas". */
    readonly bridge?: string;
  };
}

export interface ExampleOptions {
  readonly count: number;
  readonly seed: number;
  readonly split?: Split;
  /** Only this kind ("us:A1", "hard-hint"). */
  readonly kind?: string;
  /** Look for a contrast (default true); judging does not need one. */
  readonly contrast?: boolean;
  /** The answer token at which prompt and contrast should part (default 0; 1 is the ones digit of a sum). */
  readonly partAt?: number;
  /** Of the twin with the hidden motive. */
  readonly motive?: boolean;
}

export function taskNamed(name: string, motive = false): Task {
  const task = allTasks(motive).find(t => t.name === name);
  if (!task) {
    throw new Problem(`the corpus has no task "${name}"`, { advice: `one of ${taskNames.join(", ")}` });
  }
  return task;
}

/** `count` different questions of a task; fewer when the task has no more. */
export function examples(name: string, encoder: Encoder, options: ExampleOptions): Example[] {
  const task = taskNamed(name, options.motive);
  const split = options.split ?? (task.holdsOut ? "held-out" : "train");
  if (split === "held-out" && !task.holdsOut) {
    throw new Problem(`the task "${name}" holds nothing out: its facts must be memorised`, {
      advice: 'the split "train"',
    });
  }
  const random = new Random(options.seed);
  const found = new Map<string, Example>();
  for (let tries = 0; found.size < options.count && tries < options.count * 30; tries++) {
    const draft = drawFrom(task, split, random, true, options.kind);
    const prompt = promptOf(draft);
    if (!found.has(prompt)) found.set(prompt, exampleOf(task.name, split, draft, encoder, random, options));
  }
  return [...found.values()];
}

/** The questions by which a task's accuracy is reported: held-out items where the task holds any out. */
export function evaluationSet(name: string, count: number, seed: number, encoder: Encoder, motive = false): Example[] {
  return examples(name, encoder, { count, seed, contrast: false, motive });
}

/** Where a part stands, and beside it the places where it was found before: the last one leads. */
export function andBefore<P extends { readonly first: number; readonly last: number }>(
  place: P,
  before: { readonly first: number; readonly last: number; readonly also?: readonly Span[] } | undefined,
): P & { readonly also?: readonly Span[] } {
  if (!before) return place;
  return { ...place, also: [...(before.also ?? []), { first: before.first, last: before.last }] };
}

function exampleOf(
  task: string,
  split: Split,
  draft: Draft,
  encoder: Encoder,
  random: Random,
  options: ExampleOptions,
): Example {
  const prompt = promptOf(draft);
  const answer = answerOf(draft);
  const pieces = encoder.encodeWithPieces(prompt);
  const whole = encoder.encode(prompt + answer);
  const apart = [...pieces.ids, ...encoder.encode(answer)];
  if (whole.join() !== apart.join())
    throw internal(`task ${task}: answer and prompt share a token in ${prompt}|${answer}`);
  const roles: Record<string, Role> = {};
  for (const mark of draft.marks) {
    const span = spanOf(mark, pieces);
    if (!span) continue;
    roles[mark.role] = {
      ...andBefore(span, roles[mark.role]),
      text: draft.text.slice(mark.start, mark.end),
    };
  }
  const versus = options.contrast === false ? undefined : contrastOf(draft, encoder, random, options.partAt ?? 0);
  return {
    task,
    split,
    prompt,
    answer,
    story: { roles, ...(draft.bridge && { bridge: draft.bridge }) },
    ...(draft.kind && { kind: draft.kind }),
    ...(draft.foil && { foil: draft.foil }),
    ...(draft.alternatives?.length && { alternatives: draft.alternatives }),
    ...(versus && { versus }),
  };
}

/** Of 60 candidates of the same length: one that parts where it is asked to, with the fewest tokens changed. */
function contrastOf(draft: Draft, encoder: Encoder, random: Random, partAt: number): Example["versus"] {
  if (!draft.contrast) return undefined;
  const prompt = encoder.encode(promptOf(draft));
  const answer = encoder.encode(answerOf(draft));
  let best: Line | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  let bestShared = 0;
  for (let i = 0; i < 60; i++) {
    const other = draft.contrast(random);
    const text = answerOf(other);
    if (text === answerOf(draft) || draft.alternatives?.includes(text)) continue;
    const ids = encoder.encode(promptOf(other));
    if (ids.length !== prompt.length) continue;
    const changed = ids.filter((id, j) => id !== prompt[j]).length;
    const otherAnswer = encoder.encode(text);
    let shared = 0;
    while (shared < answer.length && answer[shared] === otherAnswer[shared]) shared++;
    const cost = changed + 1000 * Math.abs(shared - partAt);
    if (cost < bestCost) [best, bestCost, bestShared] = [other, cost, shared];
  }
  if (!best) return undefined;
  const lead = encoder.decode(answer.slice(0, bestShared));
  return { prompt: promptOf(best), answer: answerOf(best), ...(lead && { lead }) };
}
