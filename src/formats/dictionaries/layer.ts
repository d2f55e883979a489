/**
 * One layer's tensors put together as a `DictionaryLayer`: what all formats have in common once they have said which
 * tensor is which. Shapes are checked against each other, biases and thresholds read and doubted.
 */
import { Problem } from "../../core/problem.ts";
import type { Weights } from "../weights.ts";
import type { Activation, DictionaryLayer } from "./dictionary.ts";
import { checkFinite, type Matrix, matrixOf, shapeOf } from "./matrix.ts";

export interface LayerParts {
  readonly layer: number;
  readonly file: string;
  readonly encoder: Matrix;
  readonly decoder: Matrix;
  readonly encoderBias: Float32Array<ArrayBuffer>;
  readonly decoderBias: Float32Array<ArrayBuffer>;
  readonly activation: Activation;
  readonly skip?: Float32Array<ArrayBuffer> | undefined;
  readonly centre?: Float32Array<ArrayBuffer> | undefined;
}

/** Throws a Problem with the numbers when the parts do not fit each other. */
export function assembleLayer(parts: LayerParts): DictionaryLayer {
  const { layer, file, encoder, decoder, encoderBias, decoderBias, activation, skip, centre } = parts;
  const wrong = (what: string) =>
    new Problem(what, { where: `at layer ${layer}, in ${file}`, advice: "fetching the dictionary again" });
  const features = encoder.rows;
  const dModel = encoder.width;
  if (features === 0 || dModel === 0) throw wrong(`the encoder is [${features}, ${dModel}]: nothing is in it`);
  if (decoder.rows !== features) throw wrong(`the encoder has ${features} features, the decoder ${decoder.rows}`);
  if (encoderBias.length !== features)
    throw wrong(`the encoder has ${features} features, and its bias ${encoderBias.length}`);
  if (decoder.width % dModel !== 0 || decoder.width === 0)
    throw wrong(`the encoder reads ${dModel} numbers, the decoder writes ${decoder.width}`);
  if (decoderBias.length !== dModel)
    throw wrong(`the encoder reads ${dModel} numbers, and the decoder's bias has ${decoderBias.length}`);
  if (skip && skip.length !== dModel * dModel)
    throw wrong(`the skip connection has ${skip.length} numbers, and ${dModel} × ${dModel} are needed`);
  checkActivation(activation, features, wrong);
  return {
    layer,
    features,
    dModel,
    encoder,
    decoder,
    outputs: decoder.width / dModel,
    encoderBias,
    decoderBias,
    activation,
    ...(skip ? { skip } : {}),
    ...(centre ? { centre } : {}),
  };
}

function checkActivation(activation: Activation, features: number, wrong: (what: string) => Problem): void {
  switch (activation.kind) {
    case "relu":
      return;
    case "jumprelu": {
      const { threshold } = activation;
      if (threshold.length !== features)
        throw wrong(`there are ${threshold.length} thresholds for ${features} features`);
      // Below a negative threshold a feature would fall silent by rising: no training gives that.
      const low = threshold.findIndex(v => !(v >= 0));
      if (low >= 0)
        throw wrong(
          `the threshold of feature ${low} is ${threshold[low]}: thresholds cannot be negative, or the activation would not rise with what the feature reads`,
        );
      return;
    }
    case "topk":
    case "groupmax": {
      const { kind, k } = activation;
      if (!(Number.isInteger(k) && k >= 1 && k <= features))
        throw wrong(`k is ${k}, and has to be a whole number from 1 to the ${features} features`);
      if (kind === "groupmax" && features % k !== 0)
        throw wrong(`${features} features do not divide into ${k} groups of equal size`);
      return;
    }
  }
}

/** A whole small tensor, checked for NaN. */
export async function vectorOf(weights: Weights, tensor: string, file: string): Promise<Float32Array<ArrayBuffer>> {
  shapeOf(weights, tensor, file);
  const data = await weights.read(tensor);
  checkFinite(`${tensor} in ${file}`, data, 0, data.length);
  return data;
}

/** A square skip connection as [out, in]. `turned` when the file has [in, out]. */
export async function skipOf(
  weights: Weights,
  tensor: string,
  file: string,
  turned: boolean,
): Promise<Float32Array<ArrayBuffer>> {
  const shape = shapeOf(weights, tensor, file);
  const data = await vectorOf(weights, tensor, file);
  if (shape.length !== 2 || shape[0] !== shape[1])
    throw new Problem(`the skip connection ${tensor} is [${shape.join(", ")}], and has to be square`, {
      where: `in ${file}`,
    });
  if (!turned) return data;
  const n = shape[0]!;
  const out = new Float32Array(data.length);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j * n + i] = data[i * n + j]!;
  return out;
}

/** The tensors that the common formats share, with the encoder turned or not. */
export async function plainLayer(
  weights: Weights,
  layer: number,
  file: string,
  names: { encoder: string; decoder: string; encoderBias: string; decoderBias: string },
  options: {
    turned: boolean;
    activation: Activation;
    skip?: Float32Array<ArrayBuffer> | undefined;
    centred?: boolean;
  },
): Promise<DictionaryLayer> {
  const decoderBias = await vectorOf(weights, names.decoderBias, file);
  return assembleLayer({
    layer,
    file,
    encoder: matrixOf(weights, names.encoder, file, options.turned),
    decoder: matrixOf(weights, names.decoder, file),
    encoderBias: await vectorOf(weights, names.encoderBias, file),
    decoderBias,
    activation: options.activation,
    skip: options.skip,
    centre: options.centred ? decoderBias : undefined,
  });
}
