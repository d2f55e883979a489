/**
 * Runs of the prompt in which some neurons take another prompt's values: all but the charted ones (what the chart alone
 * does), or the charted ones only (what is left without it). The two prompts have the same number of tokens.
 */
import { Problem } from "../core/problem.ts";
import type { Recording } from "../models/record.ts";
import type { Mode, Variant } from "./variants.ts";

/** [layer][token, dMlp] 1 where the neuron is charted. */
export type Charted = readonly Uint8Array[];

/** Throws a Problem when the prompts have different lengths. */
export function checkSameLength(prompt: { readonly tokens: number }, other: { readonly tokens: number }): void {
  if (prompt.tokens === other.tokens) return;
  throw new Problem(`the prompt is ${prompt.tokens} tokens long, the contrast ${other.tokens}`, {
    advice: "a contrast of the same number of tokens",
  });
}

/** The first position at which two prompts of one length differ; their length when nowhere. */
export function firstDifference(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((id, i) => id !== b[i]);
  return at < 0 ? a.length : at;
}

/** The first position at which anything can differ between runs of two prompts; the last where they are one and the same. */
export function changesFrom(recording: Recording, contrast: Recording): number {
  return Math.min(firstDifference(recording.ids, contrast.ids), recording.tokens - 1);
}

/**
 * `held`: which neurons take the other prompt's values; the rest is computed as it comes. Before the first token in which
 * the prompts differ, all values are the same, so nothing is held there and nothing need be run.
 */
export function holdVariant(
  recording: Recording,
  contrast: Recording,
  charted: Charted,
  held: "charted" | "uncharted",
  mode: Mode = { attention: "live" },
): Variant {
  checkSameLength(recording, contrast);
  const { dMlp } = recording.model.config;
  const take = held === "charted" ? 1 : 0;
  const from = changesFrom(recording, contrast);
  let start = 0;
  return {
    ...mode,
    first: firstHeld(charted, take, from * dMlp),
    firstPosition: from,
    begin(at) {
      start = at * dMlp;
    },
    hidden: (layer, hidden) => hold(layer, hidden, contrast, charted, take, from * dMlp, start),
  };
}

/** The first layer with a held neuron from `at` on; the number of layers when nothing is held. */
function firstHeld(charted: Charted, take: number, at: number): number {
  const found = charted.findIndex(units => units.includes(take, at));
  return found < 0 ? charted.length : found;
}

/**
 * Neurons whose mark is `take` take the contrast's values, in place.
 * @param from the first place in `charted[layer]` that is looked at
 * @param start the place in it at which the run's `hidden` begins
 */
export function hold(
  layer: number,
  hidden: Float32Array,
  contrast: Recording,
  charted: Charted,
  take: number,
  from = 0,
  start = 0,
): void {
  const other = contrast.read[layer]!.hidden!;
  const marks = charted[layer]!;
  for (let i = from; i < marks.length; i++) if (marks[i] === take) hidden[i - start] = other[i]!;
}
