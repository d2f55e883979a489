/**
 * A model with every size and none of its knowledge: each weight keeps its magnitude and gets a random sign, settled by
 * its place, so that pieces read at different times agree. Gains and biases (one axis) stay: the streams keep their scale.
 */
import type { Weights } from "../formats/weights.ts";
import { hash } from "../training/corpus/random.ts";

export function signFlipped(weights: Weights, seed: number): Weights {
  return {
    tensors: weights.tensors,
    precision: `${weights.precision}, signs at random`,
    async read(name, options = {}) {
      const values = await weights.read(name, options);
      const { shape } = weights.tensors.get(name)!;
      if (shape.length < 2) return values;
      const width = shape.slice(1).reduce((a, b) => a * b, 1);
      const start = (options.start ?? 0) * width;
      const count = ((options.end ?? shape[0]!) - (options.start ?? 0)) * width;
      const salt = hash(`${seed}/${name}`);
      for (let i = 0; i < count; i++) {
        let x = Math.imul((start + i) ^ salt, 0x9e3779b1);
        x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
        if ((x ^ (x >>> 13)) & 1) values[i]! *= -1;
      }
      return values;
    },
  };
}
