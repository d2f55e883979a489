/** From trained weights on normalised numbers to weights on raw ones: the same activations, the same writing. */
import type { Values } from "../parameters.ts";
import { valueNamed } from "../parameters.ts";
import type { Normalisation } from "./normalisation.ts";
import { named, outputsOf, type Plan } from "./plan.ts";

/**
 * With x̂ = (x − m) / s read and ŷ = (y − n) / r written:
 * encoder / s, its bias − encoder · m / s; decoder · r of the layer written to; skip · r / s; bias · r + n − skip · m.
 * Pre-activations stay what they were, so thresholds and k do too.
 */
export function fold(plan: Plan, values: Values, { read, write }: Normalisation): Values {
  const { layers, dModel, features } = plan;
  const out: Values = new Map();
  layers.forEach((layer, i) => {
    const { mean, scale } = read[i]!;
    const encoder = valueNamed(values, named("encoder", layer)).map(v => v / scale);
    const encoderBias = valueNamed(values, named("encoderBias", layer)).slice();
    for (let f = 0; f < features; f++) encoderBias[f]! -= dot(encoder, f * dModel, mean);
    const width = outputsOf(plan, layer) * dModel;
    const decoder = valueNamed(values, named("decoder", layer)).slice();
    for (let at = 0; at < decoder.length; at++) decoder[at]! *= write[i + Math.floor((at % width) / dModel)]!.scale;
    const decoderBias = valueNamed(values, named("decoderBias", layer)).map(
      (v, j) => v * write[i]!.scale + write[i]!.mean[j]!,
    );
    out.set(named("encoder", layer), encoder);
    out.set(named("encoderBias", layer), encoderBias);
    out.set(named("decoder", layer), decoder);
    out.set(named("decoderBias", layer), decoderBias);
    if (plan.skip) {
      const by = write[i]!.scale / scale;
      const skip = valueNamed(values, named("skip", layer)).map(v => v * by);
      for (let j = 0; j < dModel; j++) decoderBias[j]! -= dot(skip, j * dModel, mean);
      out.set(named("skip", layer), skip);
    }
    if (plan.activation.kind === "jumprelu") {
      out.set(named("threshold", layer), valueNamed(values, named("threshold", layer)).slice());
    }
  });
  return out;
}

/** The reverse, for transcoders: a saved dictionary's weights as they are trained, on normalised numbers. */
export function unfold(plan: Plan, folded: Values, { read, write }: Normalisation): Values {
  const { layers, dModel, features } = plan;
  const out: Values = new Map();
  layers.forEach((layer, i) => {
    const { mean, scale } = read[i]!;
    const of = (part: Parameters<typeof named>[0]) => valueNamed(folded, named(part, layer));
    const by = write[i]!.scale;
    const encoderBias = of("encoderBias").slice();
    for (let f = 0; f < features; f++) encoderBias[f]! += dot(of("encoder"), f * dModel, mean);
    const decoderBias = of("decoderBias").slice();
    for (let j = 0; j < dModel; j++) {
      if (plan.skip) decoderBias[j]! += dot(of("skip"), j * dModel, mean);
      decoderBias[j] = (decoderBias[j]! - write[i]!.mean[j]!) / by;
    }
    out.set(
      named("encoder", layer),
      of("encoder").map(v => v * scale),
    );
    out.set(named("encoderBias", layer), encoderBias);
    out.set(
      named("decoder", layer),
      of("decoder").map(v => v / by),
    );
    out.set(named("decoderBias", layer), decoderBias);
    if (plan.skip)
      out.set(
        named("skip", layer),
        of("skip").map(v => (v * scale) / by),
      );
    if (plan.activation.kind === "jumprelu") out.set(named("threshold", layer), of("threshold").slice());
  });
  return out;
}

/** A row of a matrix times a vector, in float64. */
function dot(matrix: Float32Array, at: number, vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += matrix[at + i]! * vector[i]!;
  return sum;
}
