/** What is left of an intervention once it knows the model and the prompt: changes to rows of numbers in a run. */
import type { Recording } from "../../models/record.ts";
import type { Change } from "../intervention.ts";
import type { Places } from "../places.ts";
import type { Mode } from "../variants.ts";

export type Floats = Float32Array<ArrayBufferLike>;
export type RowStage = "residual" | "heads" | "hidden" | "out";

/** Changes one position's numbers at one stage of one layer. */
export interface RowEdit {
  readonly layer: number;
  readonly stage: RowStage;
  readonly places: Places;
  change(row: Floats, position: number): void;
}

/** Holds one feature of a dictionary at what `value` makes of its activation. */
export interface FeatureEdit {
  readonly layer: number;
  readonly index: number;
  readonly places: Places;
  value(current: number, position: number): number;
  readonly writes: readonly { readonly layer: number; readonly vector: Floats }[];
  /** [position] activation in the recorded run, where MLP outputs are constrained. */
  readonly recorded: ReadonlyMap<number, number>;
}

export interface Compiled {
  readonly mode: Mode;
  readonly rows: readonly RowEdit[];
  readonly features: readonly FeatureEdit[];
}

/** A change as a function of the current value; `other` is the other prompt's value. */
export function changed(
  change: Change,
  other: (position: number) => number,
): (current: number, position: number) => number {
  switch (change.do) {
    case "scale":
      return current => current * change.by;
    case "set":
      return () => change.to;
    case "add":
      return current => current + change.by;
    case "swap":
      return (_, position) => other(position);
  }
}

/** The other prompt's run in a swap, and which of its positions stands for one of ours. */
export interface Counterpart {
  readonly run: Recording | undefined;
  there(position: number): number;
}
