/** Units of a basis held at values, as a variant of the prompt's run. */
import type { PromptBasis } from "../features/basis.ts";
import type { Recording } from "../models/record.ts";
import type { Mode, Variant } from "./variants.ts";

export interface UnitValue {
  /** The basis's number. */
  readonly unit: number;
  /** The activation that it is held at. */
  readonly value: number;
}

export function unitVariant(
  recording: Recording,
  basis: PromptBasis,
  values: readonly UnitValue[],
  mode: Mode,
): Variant {
  const { dMlp } = recording.model.config;
  const byLayer = new Map<number, { at: number; value: number }[]>();
  for (const { unit, value } of values) {
    const { layer, position, index } = basis.place(unit);
    const edit = { at: position * dMlp + index, value };
    const had = byLayer.get(layer);
    if (had) had.push(edit);
    else byLayer.set(layer, [edit]);
  }
  let start = 0;
  return {
    ...mode,
    first: Math.min(recording.model.layers, ...byLayer.keys()),
    firstPosition: values.reduce((least, v) => Math.min(least, basis.place(v.unit).position), recording.tokens - 1),
    begin(at) {
      start = at * dMlp;
    },
    hidden(layer, hidden) {
      for (const { at, value } of byLayer.get(layer) ?? []) hidden[at - start] = value;
    },
  };
}
