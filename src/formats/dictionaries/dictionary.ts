/**
 * A dictionary of features as it lies in files: matrices that are read on demand, biases that are held, and where in
 * the model it reads and writes. In one form whatever convention the file was written in; turning and folding happen in
 * the readers beside this file and nowhere else.
 *
 * Knows nothing of models, prompts or devices.
 */
import type { Matrix } from "./matrix.ts";

/**
 * A place in a layer. `mid` is the stream that the MLP reads (before its norm), `normalized` that stream / its scale
 * before the norm's gain, `mlp.in` what the MLP sees (after the gain), `mlp.raw` what it gives, `mlp.out` what reaches
 * the stream (after a norm on the output, where the model has one; else the same as `mlp.raw`).
 */
export type Hook = "residual.in" | "mid" | "normalized" | "mlp.in" | "mlp.raw" | "mlp.out" | "residual.out";

/**
 * From pre-activations to activations. `jumprelu` keeps what is strictly above its threshold. `topk` keeps the k largest
 * at a position, sign and all, or (`rectified`) only those of them that are positive. `groupmax` divides the features
 * into k runs and keeps each run's largest if it is positive.
 */
export type Activation =
  | { readonly kind: "relu" }
  | { readonly kind: "jumprelu"; readonly threshold: Float32Array<ArrayBuffer> }
  | { readonly kind: "topk"; readonly k: number; readonly rectified: boolean }
  | { readonly kind: "groupmax"; readonly k: number };

export interface DictionaryLayer {
  readonly layer: number;
  /** Number of features. */
  readonly features: number;
  readonly dModel: number;
  /** [features, dModel] */
  readonly encoder: Matrix;
  /** [features, outputs · dModel]: what a feature writes to layers `layer` … `layer + outputs − 1`. */
  readonly decoder: Matrix;
  readonly outputs: number;
  /** [features] */
  readonly encoderBias: Float32Array<ArrayBuffer>;
  /** [dModel] */
  readonly decoderBias: Float32Array<ArrayBuffer>;
  readonly activation: Activation;
  /** [dModel out, dModel in]: output += skip · input. */
  readonly skip?: Float32Array<ArrayBuffer>;
  /** [dModel] taken from the input before the encoder sees it. */
  readonly centre?: Float32Array<ArrayBuffer>;
}

/**
 * `transcoders` and `cross-layer` stand in for MLPs, so a circuit can be traced through them; `autoencoders` rebuild what
 * they read: they are for looking and steering.
 */
export type DictionaryKind = "transcoders" | "cross-layer" | "autoencoders";

export interface Dictionary {
  readonly name: string;
  readonly kind: DictionaryKind;
  /** The format in words: "circuit-tracer", "Gemma Scope", "SAELens", "sparsify". */
  readonly format: string;
  readonly reads: Hook;
  readonly writes: Hook;
  readonly dModel: number;
  /** In order; gaps are possible (a single layer of a set). */
  readonly layers: readonly DictionaryLayer[];
  /** The model it says it was trained on. */
  readonly madeFor?: string;
  /** What a reader should know: a guess that was made, a rounding. */
  readonly notes: readonly string[];
}
