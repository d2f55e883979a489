/**
 * An intervention is data: where, at which positions, what is done there, and how the rest of the model reacts. It can
 * be saved, shown, sent and run again; `sentence.ts` says it in words, `apply.ts` does it.
 */
import type { Site } from "./site.ts";

export type Positions =
  | readonly number[]
  /** Where this text stands in the prompt. */
  | { readonly text: string }
  | "last"
  /** Every token of the prompt, and what is generated after it. */
  | "all"
  /** Every generated token. */
  | "new";

export type Change =
  /** Times this: 0 switches off, −1 flips the sign. */
  | { readonly do: "scale"; readonly by: number }
  | { readonly do: "set"; readonly to: number }
  | { readonly do: "add"; readonly by: number }
  /** What it was when the model ran on this prompt. */
  | { readonly do: "swap"; readonly from: string };

export type Intervention = Change & {
  readonly site: Site;
  readonly positions: Positions;
};

/** One set of interventions is run under one mode. */
export interface InterventionSet {
  readonly interventions: readonly Intervention[];
  /** Attention patterns as they are without the intervention, or as they become. */
  readonly attention: "frozen" | "live";
  /** MLP outputs of these layers, first and last included, are held, so that only direct effects are seen there. */
  readonly constrained?: readonly [first: number, last: number];
}
