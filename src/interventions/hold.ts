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

/** `held`: which neurons take the other prompt's values; the rest is computed as it comes. */
export function holdVariant(
  recording: Recording,
  contrast: Recording,
  charted: Charted,
  held: "charted" | "uncharted",
  mode: Mode = { attention: "live" },
): Variant {
  checkSameLength(recording, contrast);
  const take = held === "charted" ? 1 : 0;
  return {
    ...mode,
    first: firstHeld(charted, take),
    hidden: (layer, hidden) => hold(layer, hidden, contrast, charted, take),
  };
}

/** The first layer with a held neuron; the number of layers when nothing is held. */
function firstHeld(charted: Charted, take: number): number {
  const found = charted.findIndex(units => units.includes(take));
  return found < 0 ? charted.length : found;
}

/** Neurons whose mark is `take` take the contrast's values, in place; `hidden` may hold several runs. */
export function hold(layer: number, hidden: Float32Array, contrast: Recording, charted: Charted, take: number): void {
  const other = contrast.read[layer]!.hidden!;
  const marks = charted[layer]!;
  for (let i = 0; i < marks.length; i++) if (marks[i] === take) hidden[i] = other[i]!;
}
