/** What a reader of a chart should know about how it was made, in sentences. */
import type { Recording } from "../models/record.ts";
import type { Attribution } from "./attribute.ts";
import type { Balance } from "./document.ts";

export function noVersus(tried: number, answer: string): string {
  return tried === 0
    ? "no contrast was found: the prompt has no word that could be another"
    : `no contrast was found: of ${tried} prompts with another word, none clearly has another answer than ${answer}`;
}

/** How for and against were weighed, in words. */
export function balanceNote({ factor, for: mine, against, sufficiencyAlike }: Balance): string {
  const counts = `${mine} units for the answer and ${against} against it are charted`;
  if (factor === 1) return `${counts}, chosen by size alike`;
  const [more, side] = factor > 1 ? [factor, "against"] : [1 / factor, "for"];
  const alone = `${Math.round(100 * sufficiencyAlike)} %`;
  return `${counts}: those ${side} it from ${more.toFixed(1)} times the size of the others on. Chosen alike, the chart alone would bring about ${alone} of the difference`;
}

export function notesOf(attribution: Attribution, recording: Recording, precision: string): string[] {
  const notes: string[] = [];
  if (recording.model.config.logitCap !== undefined) notes.push("logits are explained before the model's soft-cap");
  if (precision.includes("dequantised"))
    notes.push(`the weights are ${precision}: a quantised model is traced as what it really computes`);
  if (attribution.rowSum > 1e-4)
    notes.push(`rows add up only to ${attribution.rowSum.toExponential(1)} of their mass; 1e-4 is expected`);
  return notes;
}
