/**
 * What one run gave: a row of the results. Plain JSON, without times or machine names, so that the same run gives the
 * same row wherever it was done. Logits and probabilities are kept to seven digits, as many as float32 has.
 */
import type { Coverage } from "../../attribution/document.ts";
import type { Run, RunKind } from "./run.ts";

/** Raised when rows mean something else than before: old shards are then not taken for new ones. */
export const resultFormat = 1;

export interface Word {
  readonly id: number;
  readonly text: string;
  readonly logit: number;
  readonly probability: number;
}

export interface NamedAnswer extends Word {
  /** 1 for the most probable token. */
  readonly rank: number;
  /** How many tokens the answer is, where it is several and only the first was looked at. */
  readonly pieces?: number;
}

/** What the model says next. */
export interface Prediction {
  readonly top: readonly Word[];
  readonly answers?: Readonly<Record<string, NamedAnswer>>;
}

export interface TraceSummary {
  /** In words: `logit of " Austin" minus the mean logit`. */
  readonly what: string;
  readonly target: string;
  readonly value: number;
  readonly probability: number;
  readonly coverage: Coverage;
  readonly nodes: number;
  /** The story's boxes, tokens and "other" left out; effects in logits. */
  readonly boxes: readonly {
    readonly label: string;
    readonly positions: readonly [first: number, last: number];
    readonly layers: readonly [first: number, last: number];
    readonly share: number;
    readonly effect: number;
    readonly verdict?: string;
  }[];
  readonly sentences: readonly string[];
  readonly verify?: {
    readonly works: boolean;
    readonly reasons: readonly string[];
    readonly sufficiency?: number;
    readonly necessity?: number;
  };
}

export interface RunResult extends Partial<Prediction> {
  readonly id: string;
  readonly kind: RunKind;
  /** As people read it. */
  readonly prompt: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly hint?: boolean;
  readonly seed?: number;
  /** Tokens of the prompt. */
  readonly tokens?: number;
  /** The interventions, as sentences; `top`, `answers` and `text` are then under them, `before` is without. */
  readonly set?: readonly string[];
  readonly before?: Prediction & { readonly text?: string };
  /** Activations of the units that were asked for, by "layer.index", at the prompt's last token, nothing changed. */
  readonly units?: Readonly<Record<string, number>>;
  /** What was written, and its ids. */
  readonly text?: string;
  readonly made?: readonly number[];
  readonly trace?: TraceSummary;
  /** Why this run could not be done: its prompt, answer or intervention makes no sense for this model. */
  readonly error?: { readonly what: string; readonly where?: string; readonly advice?: string };
}

/** What of a run its result repeats. */
export function heading(
  run: Run,
  prompt: string,
): Pick<RunResult, "id" | "kind" | "prompt" | "values" | "hint" | "seed"> {
  return {
    id: run.id,
    kind: run.kind,
    prompt,
    ...(run.values ? { values: run.values } : {}),
    ...(run.hint === undefined ? {} : { hint: run.hint }),
    ...(run.seed === undefined ? {} : { seed: run.seed }),
  };
}

/** Seven digits. */
export const rounded = (value: number): number => Number(value.toPrecision(7));
