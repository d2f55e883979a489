/**
 * What a trace explains: a logit against the mean logit, a logit against another, any direction of the final stream,
 * or any unit, at any position. Each becomes a pull on the residual stream with everything after it frozen.
 */
import { Problem } from "../core/problem.ts";
import type { PromptBasis, UnitPlace } from "../features/basis.ts";
import { finalStream, type Recording } from "../models/record.ts";
import type { SweepTarget } from "./sweep.ts";

export interface Target extends SweepTarget {
  /** In words: `logit of " Austin" minus the mean logit`. */
  readonly what: string;
  /** The value that the row adds up to, in logits (before a soft-cap) or the unit's own value. */
  readonly value: number;
  /** Of which biases on the way give this much; it goes to the bias node of `biasLayer`. */
  readonly bias: number;
  readonly biasLayer: number;
  /** Its weight in influence: its probability, 1 for a single target. */
  readonly weight: number;
  readonly token?: { readonly id: number; readonly foil?: number };
}

export interface LogitChoice {
  readonly id: number;
  /** Explain the logit minus this token's; minus the mean of all when left out. */
  readonly foil?: number;
  readonly weight?: number;
}

/** Logit targets at one position (the last by default). `show` puts a token id in words. */
export async function logitTargets(
  recording: Recording,
  choices: readonly LogitChoice[],
  show: (id: number) => string,
  position = recording.tokens - 1,
): Promise<Target[]> {
  const { model } = recording;
  const { vocabulary } = model.config;
  const targets: Target[] = [];
  for (const { id, foil, weight } of choices) {
    for (const one of [id, ...(foil === undefined ? [] : [foil])]) {
      if (!(Number.isInteger(one) && one >= 0 && one < vocabulary))
        throw new Problem(`token ${one} is outside the vocabulary of ${vocabulary}`);
    }
    const direction = await directionOf(recording, id, foil);
    const what =
      foil === undefined
        ? `logit of ${show(id)} minus the mean logit`
        : `logit of ${show(id)} minus logit of ${show(foil)}`;
    targets.push({
      ...(await directionTarget(recording, direction, what, position)),
      weight: weight ?? 1,
      token: foil === undefined ? { id } : { id, foil },
    });
  }
  return targets;
}

/** Any direction [dModel] of the normed final stream. */
export async function directionTarget(
  recording: Recording,
  direction: Float32Array<ArrayBuffer>,
  what: string,
  position = recording.tokens - 1,
): Promise<Target> {
  const { model, tokens } = recording;
  const { dModel } = model.config;
  if (!(Number.isInteger(position) && position >= 0 && position < tokens)) {
    throw new Problem(`position ${position} is outside the prompt, which has positions 0 to ${tokens - 1}`);
  }
  const { normed, scale } = await model.finalNorm(finalStream(recording, position));
  const gain = (await model.finalGain()).data;
  const beta = await model.finalBias();
  const vector = direction.map((v, i) => v * gain[i]! * scale[0]!);
  if (model.config.family.norm === "layer") {
    const mean = vector.reduce((a, b) => a + b, 0) / dModel;
    for (let i = 0; i < dModel; i++) vector[i]! -= mean;
  }
  let value = 0;
  let bias = 0;
  for (let i = 0; i < dModel; i++) {
    value += direction[i]! * normed[i]!;
    if (beta) bias += direction[i]! * beta[i]!;
  }
  // Biases of the final norm stand with the last layer's.
  return { layer: model.layers, position, vector, what, value, bias, biasLayer: model.layers - 1, weight: 1 };
}

/** Units as targets. Throws a Problem for one that is not active in this basis on this prompt. */
export async function unitTargets(basis: PromptBasis, places: readonly UnitPlace[]): Promise<Target[]> {
  const numbers = places.map(place => {
    const number = basis.number(place);
    if (number === undefined) {
      throw new Problem(`unit ${place.layer}.${place.index} is not active at position ${place.position}`, {
        advice: `another position, or a layer and index inside ${basis.basis.name}`,
      });
    }
    return number;
  });
  const encoders = await basis.encoders(numbers);
  return places.map((place, i) => ({
    layer: place.layer,
    position: place.position,
    vector: encoders[i]!.vector,
    value: encoders[i]!.value,
    bias: encoders[i]!.bias,
    biasLayer: place.layer,
    what: `unit ${place.layer}.${place.index} at position ${place.position}`,
    weight: 1,
  }));
}

/** [dModel] the direction of the normed final stream that is explained: the answer's, less a foil's or less the mean. */
export async function directionOf(
  { model }: Recording,
  answer: number,
  foil: number | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const row = await model.unembeddingRow(answer);
  const against = foil === undefined ? await model.unembeddingMean() : await model.unembeddingRow(foil);
  return row.map((v, i) => v - against[i]!);
}
