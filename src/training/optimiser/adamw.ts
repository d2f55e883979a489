/** AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), for tables and gains. */
import { countOf } from "../../core/shape.ts";
import type { Parameter, Values } from "../parameters.ts";
import { valueNamed } from "../parameters.ts";

const [beta1, beta2, epsilon] = [0.9, 0.98, 1e-8];

export class AdamW {
  /** Running means of gradients and of their squares, by name of the parameter. */
  readonly first: Values;
  readonly second: Values;
  private readonly parameters: readonly Parameter[];

  constructor(parameters: readonly Parameter[]) {
    this.parameters = parameters;
    const zeros = (): Values => new Map(parameters.map(p => [p.name, new Float32Array(countOf(p.shape))]));
    this.first = zeros();
    this.second = zeros();
  }

  /** Moves `values` in place. `step` counts from 1. Gains do not decay: their rest is 1, not 0. */
  step(values: Values, gradients: Values, step: number, rate: number, decay: number): void {
    const c1 = 1 / (1 - beta1 ** step);
    const c2 = 1 / (1 - beta2 ** step);
    for (const { name, kind } of this.parameters) {
      const w = valueNamed(values, name);
      const g = valueNamed(gradients, name);
      const m = valueNamed(this.first, name);
      const v = valueNamed(this.second, name);
      const keep = kind === "gain" ? 1 : 1 - rate * decay;
      for (let i = 0; i < w.length; i++) {
        const gi = g[i]!;
        const mi = beta1 * m[i]! + (1 - beta1) * gi;
        const vi = beta2 * v[i]! + (1 - beta2) * gi * gi;
        m[i] = mi;
        v[i] = vi;
        w[i] = keep * w[i]! - (rate * mi * c1) / (Math.sqrt(vi * c2) + epsilon);
      }
    }
  }
}
