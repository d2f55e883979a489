/** What a dictionary is before it has learnt anything. */
import { normal, random } from "../../core/random.ts";
import { countOf } from "../../core/shape.ts";
import type { Values } from "../parameters.ts";
import { outputsOf, type Plan, parametersOf } from "./plan.ts";

/**
 * Encoder rows of length 1 in every direction; decoder rows small, since nothing is known yet of what to write (an
 * autoencoder's are the encoder's own, which it starts from). Skip connection and biases 0. Thresholds so high that about
 * as many features are active as are wanted.
 */
export function initialValues(plan: Plan, layers: readonly number[], seed: number): Values {
  const values: Values = new Map();
  for (const layer of layers) {
    // Each layer has its own numbers, whichever others are trained with it.
    const next = normal(random(seed * 1009 + layer));
    for (const { name, shape } of parametersOf(plan, [layer])) {
      const part = name.slice(0, name.indexOf("."));
      const data = new Float32Array(countOf(shape));
      if (part === "encoder") unitRows(data, plan.dModel, next);
      else if (part === "decoder") {
        if (plan.kind === "autoencoders") data.set(values.get(`encoder.${layer}`)!);
        else {
          const width = outputsOf(plan, layer) * plan.dModel;
          unitRows(data, width, next);
          for (let i = 0; i < data.length; i++) data[i]! *= 0.1;
        }
      } else if (part === "threshold") data.fill(thresholdFor(plan.activation.k / plan.features));
      values.set(name, data);
    }
  }
  return values;
}

function unitRows(data: Float32Array, width: number, next: () => number): void {
  for (let at = 0; at < data.length; at += width) {
    let squares = 0;
    for (let i = at; i < at + width; i++) {
      data[i] = next();
      squares += data[i]! ** 2;
    }
    for (let i = at; i < at + width; i++) data[i]! /= Math.sqrt(squares);
  }
}

/** A standard normal number exceeds this with the given probability (Abramowitz and Stegun 26.2.23). */
function thresholdFor(share: number): number {
  const t = Math.sqrt(-2 * Math.log(Math.min(0.5, share)));
  return t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
}
