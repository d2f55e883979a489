/** The recipe: which numbers a dictionary is trained with, and why. The engine stands beside. */
import type { DictionarySettings } from "./dictionary-trainer.ts";
import type { Plan } from "./plan.ts";

export interface Asked {
  readonly seed: number;
  readonly rows: number;
  readonly steps: number;
  readonly rate?: number;
}

/** Constant for the first half, then a straight line down to 3 %. Rates by measurement on the specimen: docs/log.md. */
export function dictionarySettings(plan: Plan, { seed, rows, steps, rate = 1e-3 }: Asked): DictionarySettings {
  return {
    seed,
    schedule: { rate, steps, warmUp: Math.min(100, Math.ceil(steps / 10)), constant: 0.5, last: 0.03 },
    clip: 1,
    rows,
    // A twentieth of the run, but long enough that a rare word has come up.
    silentAfter: Math.max(16 * rows, Math.min(500_000, (steps * rows) / 20)),
    revival: { slots: Math.min(256, plan.features), active: Math.min(64, plan.dModel >> 1, plan.features) },
  };
}
