/**
 * Which features of a layer have been silent for long, and their rows taken out and put back, so that bringing them back
 * costs as much as there are of them.
 */
import type { Values } from "../parameters.ts";
import { valueNamed } from "../parameters.ts";
import { named, outputsOf, type Plan } from "./plan.ts";

type Floats = Float32Array<ArrayBuffer>;

export class Silent {
  /** [features] tokens seen since each was active last. */
  readonly since: Floats;
  private readonly after: number;

  /** Silent is what was not active for `after` tokens. */
  constructor(features: number, after: number) {
    this.since = new Float32Array(features);
    this.after = after;
  }

  /** `fired`: in how many of the step's `rows` each feature was active. */
  saw(fired: Floats, rows: number): void {
    const { since } = this;
    // Counts past 2²⁴ would stand still in a float, and none needs to be told from another by then.
    for (let f = 0; f < since.length; f++) since[f] = fired[f]! > 0 ? 0 : Math.min(since[f]! + rows, 1 << 24);
  }

  get count(): number {
    let n = 0;
    for (const tokens of this.since) if (tokens >= this.after) n++;
    return n;
  }

  /** At most `slots` of them; when there are more, they take turns from step to step. */
  some(slots: number, step: number): number[] {
    const all: number[] = [];
    this.since.forEach((tokens, f) => {
      if (tokens >= this.after) all.push(f);
    });
    if (all.length <= slots) return all;
    const first = (step * slots) % all.length;
    return Array.from({ length: slots }, (_, i) => all[(first + i) % all.length]!);
  }
}

/** The features' rows, as the revival's weights; slots that are left over hold zeros, which stay silent and learn nothing. */
export function silentRows(plan: Plan, layer: number, values: Values, features: readonly number[], slots: number) {
  const { dModel } = plan;
  const width = outputsOf(plan, layer) * dModel;
  const taken = (part: "encoder" | "encoderBias" | "decoder", size: number): Floats => {
    const from = valueNamed(values, named(part, layer));
    const out = new Float32Array(slots * size);
    features.forEach((f, i) => {
      out.set(from.subarray(f * size, (f + 1) * size), i * size);
    });
    return out;
  };
  return {
    encoder: { shape: [slots, dModel], data: taken("encoder", dModel) },
    encoderBias: { shape: [slots], data: taken("encoderBias", 1) },
    decoder: { shape: [slots, width], data: taken("decoder", width) },
  };
}

/** Adds the gradients of these features' rows [slots, width] to those of all features [features, width]. */
export function addRows(all: Floats, rows: Floats, features: readonly number[], width: number): void {
  features.forEach((f, i) => {
    for (let j = 0; j < width; j++) all[f * width + j]! += rows[i * width + j]!;
  });
}
