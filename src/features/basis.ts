/**
 * A basis: the set of units that a trace is made in. Raw neurons and dictionaries answer the same questions, so the
 * sweep that asks them does not know which it has.
 *
 * Number of a unit: units of a prompt are numbered 0 … count − 1 by the basis; `place` says which unit a number is.
 */
import type { Recording } from "../models/record.ts";

export interface UnitPlace {
  readonly layer: number;
  readonly position: number;
  readonly index: number;
}

/** What a unit reads, frozen on the prompt: its value is `vector · stream[position] + bias`. */
export interface Encoder {
  /** [dModel] a pull on the stream that the layer's MLP reads, at the unit's position. */
  readonly vector: Float32Array<ArrayBuffer>;
  /** What its biases add. */
  readonly bias: number;
  /** The value that the row must add up to: activation of a neuron, pre-activation of a feature. */
  readonly value: number;
}

/** Where scores go. */
export interface Scores {
  /**
   * values [target, count]: contributions of the units first, first + 1, ... to each target of the batch, each times
   * its factor [count] where there are any. They are read at once and not kept.
   */
  run(first: number, count: number, values: Float32Array, factors?: Float32Array): void;
  /** values [target, units]: contributions of these units. */
  some(units: ArrayLike<number>, values: Float32Array): void;
  /** As `run`, for units that write to several layers: what comes in part by part is added up before it is an edge. */
  part(first: number, count: number, values: Float32Array): void;
}

/** What in the stream is no unit: written at (layer, position), known as a vector. */
export interface VectorSource {
  readonly kind: "error" | "mlp";
  readonly position: number;
  /** [dModel] */
  readonly vector: Float32Array<ArrayBuffer>;
}

export interface Basis {
  /** "neurons", or the dictionary's name. */
  readonly name: string;
  /** Units in each layer. */
  readonly width: number;
  /** First positions where the basis is silent by default, and a coarse node stands for the whole MLP. */
  readonly silentPositions: number;
  /** Taps of the MLP's reading that `on` needs in the recording. */
  readonly readTaps: readonly string[];
  on(recording: Recording): Promise<PromptBasis>;
}

export interface PromptBasis {
  readonly basis: Basis;
  readonly count: number;
  /** What a reader should know of the basis on this prompt. */
  readonly notes?: readonly string[];
  place(unit: number): UnitPlace;
  number(place: UnitPlace): number | undefined;
  activation(unit: number): number;
  encoders(units: readonly number[]): Promise<Encoder[]>;
  /** [dModel] what the unit adds to the stream at its own layer and position when it is as active as it was. */
  decoder(unit: number): Promise<Float32Array<ArrayBuffer>>;
  /**
   * Contributions of everything that the MLP of `layer` writes, for pulls [targets, positions, dModel] on the stream
   * leaving it; only the first `positions` tokens can matter.
   */
  score(
    layer: number,
    pull: Float32Array<ArrayBuffer>,
    targets: number,
    positions: number,
    scores: Scores,
  ): Promise<void>;
  vectors(layer: number): readonly VectorSource[];
  /** [token, dModel] what the layer's MLP writes whatever it reads (biases), undefined where nothing. */
  bias(layer: number): Float32Array<ArrayBuffer> | undefined;
  /** A linear bypass of the units (skip connection): the pull on the stream that the MLP reads, to be added. */
  pass?(
    layer: number,
    pull: Float32Array<ArrayBuffer>,
    targets: number,
    positions: number,
  ): Promise<Float32Array<ArrayBuffer> | undefined>;
}
