/**
 * What dictionary is to be trained: its kind, its layers, how many features, and how few of them may be active.
 * Data; knows no numbers and no model.
 */
import type { DictionaryKind, Hook } from "../../formats/dictionaries/dictionary.ts";
import type { Parameter } from "../parameters.ts";

/**
 * `topk` keeps the k largest pre-activations of a token: sign and all, as circuit-tracer does, or (`rectified`) only those
 * of them that are positive, as SAELens does. `jumprelu` learns a
 * threshold for each feature, pulled to `k` active ones on average with this `weight`; jumps are seen within `bandwidth`.
 */
export type PlanActivation =
  | { readonly kind: "topk"; readonly k: number; readonly rectified: boolean }
  | { readonly kind: "jumprelu"; readonly k: number; readonly bandwidth: number; readonly weight: number };

export interface Plan {
  readonly kind: DictionaryKind;
  /** In ascending order. */
  readonly layers: readonly number[];
  readonly dModel: number;
  /** Of a layer. */
  readonly features: number;
  readonly activation: PlanActivation;
  /** Also a linear path from what is read to what is written. */
  readonly skip: boolean;
  readonly reads: Hook;
  readonly writes: Hook;
}

/** Layers that learn together: all of a cross-layer dictionary, else each by itself. */
export function groupsOf({ kind, layers }: Plan): (readonly number[])[] {
  return kind === "cross-layer" ? [layers] : layers.map(layer => [layer]);
}

/** How many layers a layer's features write to. */
export const outputsOf = ({ kind, layers }: Plan, layer: number): number =>
  kind === "cross-layer" ? layers.length - layers.indexOf(layer) : 1;

export type Part = "encoder" | "encoderBias" | "decoder" | "decoderBias" | "skip" | "threshold";
export const named = (part: Part, layer: number): string => `${part}.${layer}`;

/**
 * The weights of these layers, each as `<part>.<layer>`: encoder [features, dModel], decoder [features, outputs · dModel],
 * skip [out, in], biases, thresholds. Biases and thresholds do not decay.
 */
export function parametersOf(plan: Plan, layers: readonly number[]): Parameter[] {
  const { features, dModel } = plan;
  return layers.flatMap(layer => {
    const one = (part: Part, shape: readonly number[]): Parameter => ({
      name: named(part, layer),
      shape,
      kind: shape.length === 1 ? "gain" : "table",
    });
    return [
      one("encoder", [features, dModel]),
      one("encoderBias", [features]),
      one("decoder", [features, outputsOf(plan, layer) * dModel]),
      one("decoderBias", [dModel]),
      ...(plan.skip ? [one("skip", [dModel, dModel])] : []),
      ...(plan.activation.kind === "jumprelu" ? [one("threshold", [features])] : []),
    ];
  });
}

/** Floating-point operations of the matrix products of one step, a token: forwards, and back to weights and activations. */
export function operationsOf(plan: Plan): number {
  const { layers, features, dModel, skip } = plan;
  // An encoder reads and is pulled back to its weights; a decoder writes and is pulled back to weights and activations.
  const each = layers.map(layer => features * dModel * (4 + 6 * outputsOf(plan, layer)) + (skip ? 4 * dModel ** 2 : 0));
  return each.reduce((sum, n) => sum + n, 0);
}
