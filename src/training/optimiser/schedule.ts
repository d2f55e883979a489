/** How fast to learn at each step, and how large a gradient may be. */
import type { Values } from "../parameters.ts";

export interface Schedule {
  /** The highest learning rate. */
  readonly rate: number;
  readonly steps: number;
  readonly warmUp: number;
  /** Share of the steps after which the rate falls. */
  readonly constant: number;
  /** What is left of the rate at the end. */
  readonly last: number;
  /** The step at which a pull towards few units begins (0 when left out). */
  readonly pullFrom?: number;
  /**
   * From a step on once more: this rate, falling in a straight line; everything above is then about the steps before.
   * `pull`: what is then left of a pull towards few units (all of it when left out).
   */
  readonly again?: { readonly from: number; readonly rate: number; readonly pull?: number };
}

export const usualSchedule = { rate: 3e-3, warmUp: 100, constant: 0.4, last: 0.03 } as const;

/** `step` counts from 0: a linear rise, then constant, then a straight line down; and the same again without a constant part. */
export function rateAt({ again, ...schedule }: Schedule, step: number): number {
  if (!again) return onceAt(schedule, step);
  if (step < again.from) return onceAt({ ...schedule, steps: again.from }, step);
  const { steps, warmUp, last } = schedule;
  return onceAt({ rate: again.rate, steps: steps - again.from, warmUp, constant: 0, last }, step - again.from);
}

function onceAt({ rate, steps, warmUp, constant, last }: Omit<Schedule, "again">, step: number): number {
  const rise = Math.min(1, (step + 1) / Math.max(1, Math.min(warmUp, steps)));
  const fallen = Math.max(0, (step / Math.max(1, steps - 1) - constant) / (1 - constant));
  return rate * rise * (1 - (1 - last) * Math.min(1, fallen));
}

/** How much of a pull towards few units is left at a step: it falls with the rate. */
export function pullAt(schedule: Schedule, step: number): number {
  const { rate, pullFrom = 0, again } = schedule;
  if (step < pullFrom) return 0;
  return (rateAt(schedule, step) / rate) * (again && step >= again.from ? (again.pull ?? 1) : 1);
}

/** Scales all gradients together so that their norm is at most `most`; returns the norm they had. */
export function clip(gradients: Values, most: number): number {
  let sum = 0;
  for (const g of gradients.values()) for (let i = 0; i < g.length; i++) sum += g[i]! * g[i]!;
  const norm = Math.sqrt(sum);
  if (norm > most) for (const g of gradients.values()) for (let i = 0; i < g.length; i++) g[i]! *= most / norm;
  return norm;
}
