/** What a test found, as plain data: what is printed, drawn, saved and compared. */
import type { Null } from "./scene.ts";
import { type Share, withInterval } from "./stats.ts";

export type Outcome = "holds" | "partial" | "fails" | "void" | "not tested";
export type Verdict = "HOLDS" | "PARTIAL" | "FAILS" | "NOT APPLICABLE" | "VOID";

/** One bar: a share with its interval. */
export interface Arm {
  readonly name: string;
  readonly share: Share;
  /** How attention reacted, where something was changed. */
  readonly attention?: "live" | "frozen";
}

export type Chart =
  | { readonly kind: "bars"; readonly title: string; readonly bars: readonly Arm[]; readonly need?: number }
  | {
      readonly kind: "lines";
      readonly title: string;
      readonly x: readonly number[];
      readonly xName: string;
      readonly lines: readonly { readonly name: string; readonly y: readonly number[] }[];
      /** What was chosen. */
      readonly mark?: number;
    }
  | {
      readonly kind: "heat";
      readonly title: string;
      readonly rows: readonly string[];
      readonly columns: readonly string[];
      /** [row][column] 0 to 1; NaN where nothing was tried. */
      readonly values: readonly (readonly number[])[];
    }
  | {
      /** An operand plot: [b][a], −1 to 1. */
      readonly kind: "grid";
      readonly title: string;
      readonly size: number;
      readonly values: readonly number[];
    };

/** One prompt of a test. */
export interface Row {
  readonly prompt: string;
  /** What was changed, as a sentence (interventions print themselves). */
  readonly change?: string;
  readonly before: string;
  readonly after?: string;
  readonly ok: boolean;
}

export interface Guard {
  /** Nats a token on unrelated text: as it is, with the change made in its middle, with a random one as large. */
  readonly before: number;
  readonly after: number;
  readonly random: number;
  readonly texts: number;
  readonly ok: boolean;
}

/** The same test made on what must not pass. */
export interface NullRun {
  readonly kind: Null;
  readonly outcome: Outcome;
  readonly share?: Share;
  /** Does it come as far as the test itself? */
  readonly passes: boolean;
}

/** A word that decides what it should not. */
export interface Alarm {
  readonly slot: string;
  readonly word: string;
  readonly answer: string;
  /** Share of answers that are this one, under the word and elsewhere. */
  readonly rate: number;
  readonly elsewhere: number;
}

export interface Finding {
  readonly test: string;
  readonly title: string;
  readonly claim: string;
  readonly core: boolean;
  readonly outcome: Outcome;
  /** The numbers in a sentence. */
  readonly why: string;
  /** What was chosen, on which prompts, by which rule. */
  readonly selection?: string;
  readonly main?: Arm;
  readonly controls: readonly Arm[];
  readonly need: number;
  readonly guard?: Guard;
  readonly null?: NullRun;
  /** Of an audit: what was found among how many words. */
  readonly alarms?: { readonly found: readonly Alarm[]; readonly words: number };
  readonly charts: readonly Chart[];
  readonly rows: readonly Row[];
}

/** Fewer held-out prompts than this say nothing, whatever they show. */
export const FEWEST = 8;

/**
 * Holds: what must be reached is reached, and the interval lies above every control's. Partial: above the controls, but
 * not enough. Void: a control reaches by itself what is asked, too, so that reaching it says nothing.
 */
export function judge(main: Share, controls: readonly Share[], need: number): Outcome {
  if (main.n < FEWEST) return "not tested";
  if (main.value >= need && controls.some(c => c.n > 0 && c.value >= need)) return "void";
  const beats = controls.every(c => c.n === 0 || main.low > c.high);
  if (!beats) return "fails";
  return main.value >= need ? "holds" : "partial";
}

/** What every finding of bars against controls has in common; a test adds its sentences and its charts. */
export function judged(
  { test, title, claim, core, need }: Pick<Finding, "test" | "title" | "claim" | "core" | "need">,
  main: Arm,
  controls: readonly Arm[],
) {
  const outcome = judge(
    main.share,
    controls.map(c => c.share),
    need,
  );
  return { test, title, claim, core, outcome, main, controls, need };
}

/** "82 % (…) against 3 % (…) with random directions; 50 % is asked" */
export function inNumbers(main: Arm, controls: readonly Arm[], need: number): string {
  const against = controls.map(c => `${withInterval(c.share)} ${c.name}`);
  return `${main.name}: ${withInterval(main.share)}${against.length > 0 ? `; against ${against.join(", ")}` : ""}; ${Math.round(100 * need)} % is asked`;
}

const strength: Readonly<Record<Outcome, number>> = { holds: 2, void: 2, partial: 1, fails: 0, "not tested": 0 };

/**
 * A finding with what came out on its null. Whatever the null reaches as well (a control that reaches what is asked
 * counts as reached) says nothing: the finding is void.
 */
export function againstNull(finding: Finding, kind: Null, onNull: Finding | undefined): Finding {
  if (!onNull) return finding;
  const { main, outcome } = onNull;
  const passes = strength[outcome] >= strength[finding.outcome];
  const run: NullRun = { kind, outcome, passes, ...(main ? { share: main.share } : {}) };
  if (!passes) return { ...finding, null: run };
  const why = `With ${kind} the same test comes out as well (${main ? withInterval(main.share) : outcome}), so it says nothing. ${finding.why}`;
  return { ...finding, null: run, outcome: "void", why };
}

/** Only what claims something can mislead. */
export const claimsSomething = ({ outcome }: Finding): boolean => outcome === "holds" || outcome === "partial";

export function notTested(test: Pick<Finding, "test" | "title" | "claim" | "core" | "need">, why: string): Finding {
  const { title, claim, core, need } = test;
  return { test: test.test, title, claim, core, outcome: "not tested", why, controls: [], need, charts: [], rows: [] };
}
