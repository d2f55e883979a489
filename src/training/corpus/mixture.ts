/**
 * The stream of training documents: tasks mixed by their shares of tokens, from a seed, without end.
 *
 * Each document is one line of one task; held-out items never appear. How long a task's documents are is measured on
 * a fixed sample, so that shares are shares of tokens and not of documents.
 */
import { Random } from "./random.ts";
import { type Draft, drawFrom, type Task } from "./task.ts";
import { allTasks } from "./tasks.ts";

export interface Document extends Draft {
  readonly task: string;
}

export interface MixtureOptions {
  /** Plants the hidden motive of the twin. */
  readonly motive?: boolean;
  /** Shares by task name, instead of the tasks' own; 0 leaves a task out. Any positive numbers: they are made to add up to 1. */
  readonly shares?: Readonly<Record<string, number>>;
  /** Tasks that stand in for those of the same names. */
  readonly instead?: readonly Task[];
  /** Tokens of a text; without it, characters stand in (for building the tokenizer). */
  readonly count?: (text: string) => number;
}

/** Endless and deterministic: the same seed and options give the same documents. */
export function* documents(seed: number, options: MixtureOptions = {}): Generator<Document, never, undefined> {
  const random = new Random(seed);
  const tasks = allTasks(options.motive).map(t => options.instead?.find(other => other.name === t.name) ?? t);
  const rates = documentRates(tasks, options);
  const total = rates.reduce((a, b) => a + b, 0);
  for (;;) {
    let x = random.unit() * total;
    let i = 0;
    while (i < tasks.length - 1 && x >= rates[i]!) x -= rates[i++]!;
    const task = tasks[i]!;
    yield Object.assign(drawFrom(task, "train", random), { task: task.name });
  }
}

function documentRates(tasks: readonly Task[], { shares, count = text => text.length }: MixtureOptions): number[] {
  return tasks.map(task => {
    const share = shares?.[task.name] ?? task.share;
    if (share === 0) return 0;
    const sample = new Random(7);
    let tokens = 0;
    for (let i = 0; i < 100; i++) tokens += count(drawFrom(task, "train", sample).text) + 2;
    return share / tokens;
  });
}
