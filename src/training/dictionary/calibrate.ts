/** What must be known of a model's activations before a dictionary learns: which tokens to leave out, means and scales. */

import type { Model } from "../../models/model.ts";
import { type ActivationRows, firstRows } from "./activation-rows.ts";
import { type HarvestOptions, harvest } from "./harvest.ts";
import { limitOf, type Normalisation, sideOf } from "./normalisation.ts";
import type { Plan } from "./plan.ts";

export interface Calibration {
  readonly normalisation: Normalisation;
  /** See `HarvestOptions`. */
  readonly limits: readonly number[];
}

/**
 * Rows are gone through twice: limits first, then means and scales of what is within them.
 * @param looked tokens that are looked at: the means of a few thousand are known to a per cent
 */
export async function calibrate(
  model: Model,
  plan: Plan,
  sequences: () => Iterable<readonly number[]>,
  options: HarvestOptions = {},
  looked = 8192,
): Promise<Calibration> {
  const { dModel } = plan;
  const rows = (limits?: readonly number[]): Promise<ActivationRows> =>
    firstRows(harvest(model, plan, sequences(), { ...options, ...(limits ? { limits } : {}) }), looked, dModel);
  const limits = (await rows()).write.map(one => limitOf(one, dModel));
  const { read, write } = await rows(limits);
  return {
    limits,
    normalisation: { read: read.map(one => sideOf(one, dModel)), write: write.map(one => sideOf(one, dModel)) },
  };
}
