/**
 * What a dictionary must answer so that its features can be changed in a run that is under way: how active they are
 * now, and what they write. Neurons need none of this; they are changed where they stand.
 */
import type { Recording } from "../models/record.ts";

type Floats = Float32Array<ArrayBufferLike>;

/** What a layer's MLP sees in one run: the stream it reads [token, dModel], and the taps asked for [token, ...]. */
export interface Seen {
  readonly stream: Floats;
  readonly taps: Readonly<Record<string, Floats>>;
}

export interface LiveFeatures {
  /** Taps of the MLP's reading that `activations` needs. */
  readonly readTaps: readonly string[];
  /** [feature] activations at one row of what the MLP sees, which stands at `position` of the text. */
  activations(
    layer: number,
    seen: Seen,
    row: number,
    features: readonly number[],
    position: number,
  ): Promise<Float32Array>;
  /** [feature] activations in a recorded run. */
  recorded(recording: Recording, layer: number, position: number, features: readonly number[]): Promise<Float32Array>;
  /**
   * What a linear bypass of the features (skip connection) writes because the layer now reads `stream` [token, dModel]
   * and not what it read in the recorded run, norm scales live or held; undefined where there is none. It stays live
   * where MLP outputs are held, as in circuit-tracer.
   */
  bypass(recording: Recording, layer: number, stream: Floats, normsHeld: boolean): Promise<Floats | undefined>;
  /**
   * What the feature adds to the stream for each unit of activation, at its own layer and, if it does, later ones. Kept:
   * asking again for thousands of variants costs nothing.
   */
  writes(layer: number, feature: number): Promise<readonly { readonly layer: number; readonly vector: Floats }[]>;
}
