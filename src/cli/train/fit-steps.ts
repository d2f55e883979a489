/** How many steps of a dictionary fit into some minutes: by the speed of a few, on this machine, as it is now. */
import type { Model } from "../../models/model.ts";
import { firstRows } from "../../training/dictionary/activation-rows.ts";
import type { Calibration } from "../../training/dictionary/calibrate.ts";
import { DictionaryTrainer } from "../../training/dictionary/dictionary-trainer.ts";
import { harvest } from "../../training/dictionary/harvest.ts";
import type { Plan } from "../../training/dictionary/plan.ts";
import type { Sequences } from "../../training/dictionary/sequences.ts";
import { dictionarySettings } from "../../training/dictionary/settings.ts";

/** Steps that are timed after a first one, which plans its memory; and the share of the time that is for looks and saving. */
const [timed, aside] = [3, 0.08];

export async function stepsThatFit(
  minutes: number,
  model: Model,
  plan: Plan,
  sequences: Sequences,
  { limits, normalisation }: Calibration,
  rows: number,
): Promise<number> {
  const harvestBegan = performance.now();
  const some = await firstRows(harvest(model, plan, sequences.part(0), { limits }), 2 * rows, plan.dModel);
  const harvested = (performance.now() - harvestBegan) / 2;
  const settings = dictionarySettings(plan, { seed: 0, rows, steps: timed + 1 });
  const trainer = await DictionaryTrainer.create(model.device, plan, settings, normalisation);
  const slice = (all: readonly Float32Array<ArrayBuffer>[]) => all.map(one => one.slice(0, rows * plan.dModel));
  const batch = { count: rows, read: slice(some.read), write: slice(some.write) };
  await trainer.learn(batch);
  const began = performance.now();
  for (let i = 0; i < timed; i++) await trainer.learn(batch);
  const step = (performance.now() - began) / timed;
  await trainer.release();
  return Math.max(1, Math.floor((minutes * 60_000 * (1 - aside)) / (step + harvested)));
}
