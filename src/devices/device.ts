/**
 * What runs programs. Every device answers the same questions (`conformance.ts`); the reference device is the plain
 * reading and so the definition, the others are compared with it.
 */
import type { Outputs } from "../core/expr.ts";
import type { Tensor } from "../core/tensor.ts";

export type Given = Readonly<Record<string, Tensor>>;

export interface Device {
  readonly name: string;
  /**
   * Makes a program ready to run. `weights` are needed until the promise resolves; the caller may then reuse their
   * memory. `sizes` are named sizes that will never be otherwise, so that a device may plan its memory for them.
   * Throws `internal:` when a weight is missing.
   */
  compile(outputs: Outputs, weights: Given, sizes?: Readonly<Record<string, number>>): Promise<Program>;
}

export interface Program {
  /** Names of the inputs it wants. */
  readonly inputs: readonly string[];
  /**
   * The outputs named in `wanted` (all by default). Those named in `into` are written there, if the device can, and are
   * of its shape: a caller that asks often spares the machine fresh memory. The result is what counts.
   */
  run(given: Given, wanted?: readonly string[], into?: Given): Promise<Record<string, Tensor>>;
  /** Gives its memory back. */
  release(): Promise<void>;
}
