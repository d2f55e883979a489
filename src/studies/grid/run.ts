/**
 * One run of one prompt, as data: what a grid expands to, what a shard holds, what a worker on any machine can do. A
 * run says everything that its result depends on besides the model; what it does not say does not matter.
 */
import type { Intervention } from "../../interventions/intervention.ts";
import type { UnitMember } from "../../interventions/site.ts";

/** What is asked of the model. With `set`, "predict" and "generate" say what it does before and under interventions. */
export type RunKind = "predict" | "generate" | "trace";

/** A dictionary, as people call it, and a hash that tells it from another of that name. */
export interface BasisRef {
  readonly name: string;
  readonly identity: string;
}

/** A unit whose activation at the prompt's last token is a column: a feature where the run has a dictionary. */
export interface UnitRead {
  readonly layer: number;
  readonly index: number;
}

export interface Run {
  /** Its name in its grid; results carry it. */
  readonly id: string;
  readonly kind: RunKind;
  /** A text, or token ids. */
  readonly prompt: string | readonly number[];
  /** The text is a turn of a chat, or JSON of several. */
  readonly chat?: boolean;
  /** What the template was filled with: for people and tables, the model sees only the prompt. */
  readonly values?: Readonly<Record<string, string>>;
  /** Was the hint there? Left out where the grid has no hint. */
  readonly hint?: boolean;
  /** For drawing tokens; nothing is drawn at temperature 0. */
  readonly seed?: number;
  /** Answers by name whose probability is wanted: one token each (its text, or "#id"), or the first of several. */
  readonly answers?: Readonly<Record<string, string>>;
  /** How many of the most probable tokens the result lists. Default 5. */
  readonly top?: number;
  readonly set?: readonly Intervention[];
  /** How attention reacts to `set`. Default "live". */
  readonly attention?: "live" | "frozen";
  /** The basis that `set`, `units` and `trace` speak of; the model's neurons when left out. */
  readonly basis?: BasisRef;
  readonly units?: readonly UnitRead[];
  readonly generate?: {
    /** Most new tokens. */
    readonly tokens: number;
    readonly temperature?: number;
    readonly topP?: number;
  };
  readonly trace?: {
    readonly versus?: string | readonly number[];
    /** Look for a contrast where none is given. */
    readonly findVersus?: boolean;
    readonly target?: string;
    readonly foil?: string;
    /** Most units that the chart keeps. Default 500. */
    readonly units?: number;
    readonly boxes?: number;
    readonly verify?: boolean;
  };
}

/** What interventions of several runs name: kept once a shard, not in each run. */
export interface Shared {
  readonly directions?: Readonly<Record<string, readonly number[]>>;
  readonly supernodes?: Readonly<Record<string, readonly UnitMember[]>>;
}

/** Many runs done: in this thread, on all cores, or on many machines. Results stand in the order of the runs. */
export type RunAll = (
  runs: readonly Run[],
  shared?: Shared,
  options?: { readonly signal?: AbortSignal; readonly progress?: (done: number, of: number) => void },
) => Promise<readonly import("./result.ts").RunResult[]>;
