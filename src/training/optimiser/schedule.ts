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
}

export const usualSchedule = { rate: 3e-3, warmUp: 100, constant: 0.4, last: 0.03 } as const;

/** `step` counts from 0: a linear rise, then constant, then a straight line down. */
export function rateAt({ rate, steps, warmUp, constant, last }: Schedule, step: number): number {
  const rise = Math.min(1, (step + 1) / Math.max(1, Math.min(warmUp, steps)));
  const fallen = Math.max(0, (step / Math.max(1, steps - 1) - constant) / (1 - constant));
  return rate * rise * (1 - (1 - last) * Math.min(1, fallen));
}

/** Scales all gradients together so that their norm is at most `most`; returns the norm they had. */
export function clip(gradients: Values, most: number): number {
  let sum = 0;
  for (const g of gradients.values()) for (let i = 0; i < g.length; i++) sum += g[i]! * g[i]!;
  const norm = Math.sqrt(sum);
  if (norm > most) for (const g of gradients.values()) for (let i = 0; i < g.length; i++) g[i]! *= most / norm;
  return norm;
}
