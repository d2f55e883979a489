/**
 * Sufficiency and necessity of a circuit (design §6): of the gap in d = logit(answer) − logit(contrast's answer) between
 * the contrast and the prompt, the share that the circuit alone brings about, and the share that goes with it.
 */
import { Problem } from "../../core/problem.ts";
import { type Charted, checkSameLength, holdVariant } from "../../interventions/hold.ts";
import { type ChartedFeatures, holdFeatures } from "../../interventions/hold-features.ts";
import type { LiveFeatures } from "../../interventions/live-features.ts";
import { runVariants, type Variant, type VariantOptions } from "../../interventions/variants.ts";
import { finalStream, type Recording } from "../../models/record.ts";
import type { Node } from "../node.ts";

export interface Question {
  readonly prompt: Recording;
  readonly contrast: Recording;
  /** [dModel] unembedding of the answer minus that of the contrast's answer. */
  readonly direction: Float32Array<ArrayBuffer>;
  readonly answer: number;
  readonly contrastAnswer: number;
  /** d on the prompt and on the contrast, in logits before any soft-cap. */
  readonly onPrompt: number;
  readonly onContrast: number;
}

/** Throws a Problem when the prompts differ in length, or the two answers are one. */
export async function question(
  prompt: Recording,
  contrast: Recording,
  answer: number,
  contrastAnswer: number,
): Promise<Question> {
  checkSameLength(prompt, contrast);
  if (answer === contrastAnswer)
    throw new Problem("the prompt and its contrast have the same answer", {
      advice: "a contrast that is answered otherwise",
    });
  const { model } = prompt;
  const row = await model.unembeddingRow(answer);
  const other = await model.unembeddingRow(contrastAnswer);
  const direction = row.map((v, i) => v - other[i]!);
  const base = { prompt, contrast, direction, answer, contrastAnswer };
  const [onPrompt, onContrast] = await answersOf(base, [finalStream(prompt), finalStream(contrast)]);
  return { ...base, onPrompt: onPrompt!, onContrast: onContrast! };
}

/**
 * The question that a contrast asks, where it can be put to runs of the model as it is: two answers, read at the last
 * position. Undefined where it can't.
 */
export async function questionAsked(asked: {
  readonly prompt: Recording;
  readonly contrast: Recording | undefined;
  readonly answer: number;
  readonly foil: number | undefined;
  readonly position: number;
  /** Was the run changed by an intervention? */
  readonly changed?: unknown;
}): Promise<Question | undefined> {
  const { prompt, contrast, answer, foil, position, changed } = asked;
  if (!contrast || foil === undefined || changed || position !== prompt.tokens - 1) return undefined;
  return question(prompt, contrast, answer, foil);
}

/** d for each final stream [dModel] (at the last position). */
export async function answersOf(
  { prompt, direction }: Pick<Question, "prompt" | "direction">,
  streams: readonly Float32Array[],
): Promise<number[]> {
  if (streams.length === 0) return [];
  const { dModel } = prompt.model.config;
  const all = new Float32Array(streams.length * dModel);
  streams.forEach((s, i) => {
    all.set(s, i * dModel);
  });
  const { normed } = await prompt.model.finalNorm(all);
  return streams.map((_, s) => {
    let sum = 0;
    for (let i = 0; i < dModel; i++) sum += direction[i]! * normed[s * dModel + i]!;
    return sum;
  });
}

/** d of each variant of the prompt's run. */
export async function answersUnder(
  q: Question,
  variants: readonly Variant[],
  options: Omit<VariantOptions, "positions"> = {},
): Promise<number[]> {
  return answersOf(q, await runVariants(q.prompt, variants, options));
}

/** d as a share of the gap: 0 as on the contrast, 1 as on the prompt. */
export const shareOf = (q: Question, d: number): number => (d - q.onContrast) / (q.onPrompt - q.onContrast);

export interface GapShares {
  /** Share of the gap that comes about with every uncharted MLP unit at the contrast's value. */
  readonly sufficiency: number;
  /** Share of it that goes with only the charted ones there. */
  readonly necessity: number;
  /** Share that comes about with no MLP unit charted at all: what tokens and attention do without MLPs. */
  readonly nothing?: number;
}

/** Of one circuit, with what nothing charted would do. */
export async function gapOf(
  q: Question,
  charted: Charted,
  options: Omit<VariantOptions, "positions"> = {},
): Promise<GapShares> {
  const empty = charted.map(units => new Uint8Array(units.length));
  const [own, none] = await gapShares(q, [charted, empty], options);
  return { ...own!, nothing: none!.sufficiency };
}

/** Sufficiency of each circuit, attention live. */
export async function sufficiencies(
  q: Question,
  circuits: readonly Charted[],
  options: Omit<VariantOptions, "positions"> = {},
): Promise<number[]> {
  const variants = circuits.map(charted => holdVariant(q.prompt, q.contrast, charted, "uncharted"));
  return (await answersUnder(q, variants, options)).map(d => shareOf(q, d));
}

/** Sufficiency and necessity of each circuit, attention live. */
export async function gapShares(
  q: Question,
  circuits: readonly Charted[],
  options: Omit<VariantOptions, "positions"> = {},
): Promise<{ sufficiency: number; necessity: number }[]> {
  const variants = circuits.flatMap(charted => [
    holdVariant(q.prompt, q.contrast, charted, "uncharted"),
    holdVariant(q.prompt, q.contrast, charted, "charted"),
  ]);
  const d = await answersUnder(q, variants, options);
  return circuits.map((_, i) => ({
    sufficiency: shareOf(q, d[2 * i]!),
    necessity: 1 - shareOf(q, d[2 * i + 1]!),
  }));
}

/** What is charted, of a chart's nodes (silent features among them), in a dictionary's terms. */
export const chartedFeatures = (nodes: readonly (Node | undefined)[]): ChartedFeatures => ({
  features: nodes.filter(node => node?.kind === "unit"),
  coarse: nodes.filter(node => node?.kind === "mlp"),
});

/** Sufficiency alone, of each set of features. */
export async function featureSufficiencies(
  q: Question,
  live: LiveFeatures,
  charts: readonly ChartedFeatures[],
  options: Omit<VariantOptions, "positions"> = {},
): Promise<number[]> {
  const variants: Variant[] = [];
  for (const charted of charts) variants.push(await holdFeatures(q.prompt, q.contrast, live, charted, "uncharted"));
  return (await answersUnder(q, variants, options)).map(d => shareOf(q, d));
}

/** The same in a dictionary's terms, of each set of features. */
export async function featureGaps(
  q: Question,
  live: LiveFeatures,
  charts: readonly ChartedFeatures[],
  options: Omit<VariantOptions, "positions"> = {},
): Promise<{ sufficiency: number; necessity: number }[]> {
  const variants: Variant[] = [];
  for (const charted of charts)
    for (const held of ["uncharted", "charted"] as const)
      variants.push(await holdFeatures(q.prompt, q.contrast, live, charted, held));
  const d = await answersUnder(q, variants, options);
  return charts.map((_, i) => ({
    sufficiency: shareOf(q, d[2 * i]!),
    necessity: 1 - shareOf(q, d[2 * i + 1]!),
  }));
}
