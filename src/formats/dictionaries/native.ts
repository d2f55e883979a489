/**
 * One layer in the forms that circuit-tracer's sets come in: its own per-layer and cross-layer safetensors, and Gemma
 * Scope's (1: npz with the encoder turned; 2: lower-case names, encoder and affine skip turned). Which form it is, the
 * tensors' names say.
 */
import { Problem } from "../../core/problem.ts";
import type { Bytes } from "../bytes.ts";
import { widenBrain, widenHalf } from "../half.ts";
import { readSafetensorsHeader } from "../safetensors.ts";
import type { Weights } from "../weights.ts";
import type { Activation, DictionaryLayer } from "./dictionary.ts";
import { openTensors } from "./files.ts";
import { assembleLayer, plainLayer, skipOf, vectorOf } from "./layer.ts";
import { columnsOf, matrixOf, shapeOf } from "./matrix.ts";

/** What config.yaml says of the activation; else the tensors decide. */
export interface Declared {
  readonly activation?: string | undefined;
  readonly k?: number | undefined;
}

/** A file that holds one layer of a per-layer set. Throws a Problem when its tensors are of no form that is known. */
export async function readLayerFile(
  bytes: Bytes,
  name: string,
  layer: number,
  declared: Declared = {},
): Promise<DictionaryLayer> {
  const weights = await openTensors(bytes, name);
  const has = (tensor: string) => weights.tensors.has(tensor);
  if (has("w_enc")) return readScopeTwo(weights, name, layer, declared);
  if (!has("W_enc")) {
    throw new Problem(`${name} holds no dictionary: there is neither W_enc nor w_enc in it`, {
      where: `it has ${[...weights.tensors.keys()].slice(0, 8).join(", ") || "no tensors"}`,
      advice: "a set with config.yaml, Gemma Scope, SAELens or sparsify files",
    });
  }
  const names = { encoder: "W_enc", decoder: "W_dec", encoderBias: "b_enc", decoderBias: "b_dec" };
  if (has("threshold") && !has("activation_function.threshold")) {
    // Gemma Scope 1: [dModel, features]. Where the shapes say otherwise, they are believed.
    const [encoder, decoder] = [shapeOf(weights, "W_enc", name), shapeOf(weights, "W_dec", name)];
    const turned = encoder[0] === encoder[1] || encoder.join() !== decoder.join();
    const threshold = await vectorOf(weights, "threshold", name);
    const activation = activationOf(
      { ...declared, activation: declared.activation ?? "jumprelu" },
      threshold,
      undefined,
      name,
    );
    return plainLayer(weights, layer, name, names, { turned, activation });
  }
  const threshold = has("activation_function.threshold")
    ? await vectorOf(weights, "activation_function.threshold", name)
    : undefined;
  const own = has("k") ? await wholeNumber(bytes, "k") : undefined;
  const activation = activationOf(declared, threshold, own, name);
  const skip = has("W_skip") ? await skipOf(weights, "W_skip", name, false) : undefined;
  return plainLayer(weights, layer, name, names, { turned: false, activation, skip });
}

async function readScopeTwo(
  weights: Weights,
  name: string,
  layer: number,
  declared: Declared,
): Promise<DictionaryLayer> {
  const threshold = weights.tensors.has("threshold") ? await vectorOf(weights, "threshold", name) : undefined;
  const activation = activationOf(declared, threshold, undefined, name);
  const skip = weights.tensors.has("affine_skip_connection")
    ? await skipOf(weights, "affine_skip_connection", name, true)
    : undefined;
  const decoder = matrixOf(weights, "w_dec", name);
  const encoder = matrixOf(weights, "w_enc", name, true);
  const axes = shapeOf(weights, "w_dec", name).length;
  return assembleLayer({
    layer,
    file: name,
    encoder,
    // A cross-layer one is [features, all layers, dModel], of which those below its own are empty.
    decoder: axes === 3 ? columnsOf(decoder, layer * encoder.width, decoder.width - layer * encoder.width) : decoder,
    encoderBias: await vectorOf(weights, "b_enc", name),
    decoderBias: await vectorOf(weights, "b_dec", name),
    activation,
    skip,
  });
}

/** A layer of a cross-layer transcoder in circuit-tracer's two files a layer. */
export async function readCrossLayer(
  encoderFile: Bytes,
  decoderFile: Bytes,
  layer: number,
  declared: Declared = {},
): Promise<DictionaryLayer> {
  const names = { encoder: `W_enc_${layer}.safetensors`, decoder: `W_dec_${layer}.safetensors` };
  const weights = await openTensors(encoderFile, names.encoder);
  const writes = await openTensors(decoderFile, names.decoder);
  const has = (tensor: string) => weights.tensors.has(tensor);
  const threshold = has(`threshold_${layer}`)
    ? await vectorOf(weights, `threshold_${layer}`, names.encoder)
    : undefined;
  // Here, unlike in a per-layer set, the skip connection is [in, out]: its use is `x W_skip`.
  const skip = has(`W_skip_${layer}`) ? await skipOf(weights, `W_skip_${layer}`, names.encoder, true) : undefined;
  return assembleLayer({
    layer,
    file: names.encoder,
    encoder: matrixOf(weights, `W_enc_${layer}`, names.encoder),
    decoder: matrixOf(writes, `W_dec_${layer}`, names.decoder),
    encoderBias: await vectorOf(weights, `b_enc_${layer}`, names.encoder),
    decoderBias: await vectorOf(weights, `b_dec_${layer}`, names.encoder),
    activation: activationOf(declared, threshold, undefined, names.encoder),
    skip,
  });
}

function activationOf(
  declared: Declared,
  threshold: Float32Array<ArrayBuffer> | undefined,
  ownK: number | undefined,
  file: string,
): Activation {
  const kind = declared.activation?.toLowerCase().replace(/[^a-z]/g, "");
  const topk = (): Activation => {
    const k = declared.k ?? ownK;
    if (k === undefined)
      throw new Problem("the dictionary keeps the k largest features, but does not say how many", {
        where: `in ${file}`,
        advice: "adding k: <number> to config.yaml",
      });
    return { kind: "topk", k, rectified: false };
  };
  switch (kind) {
    case undefined:
      if (threshold) return { kind: "jumprelu", threshold };
      return ownK !== undefined ? topk() : { kind: "relu" };
    case "relu":
      return { kind: "relu" };
    case "topk":
      return topk();
    case "jumprelu":
    case "batchtopk": // at work, a batch's k is folded into thresholds
      if (threshold) return { kind: "jumprelu", threshold };
      throw new Problem(`the activation is ${declared.activation}, but there are no thresholds`, {
        where: `in ${file}`,
        advice:
          kind === "batchtopk" ? "folding the training's mean k-th activation into threshold[features]" : undefined,
      });
    default:
      throw new Problem(`the activation "${declared.activation}" is not known here`, {
        where: `in ${file}`,
        advice: "a dictionary with relu, jumprelu, topk or batchtopk",
      });
  }
}

/** A scalar of any number type, such as the `k` that circuit-tracer saves as an int64. */
async function wholeNumber(file: Bytes, tensor: string): Promise<number> {
  const entry = (await readSafetensorsHeader(file)).tensors.get(tensor)!;
  const data = await file.read(entry.start, entry.end);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const out = new Float32Array(1);
  switch (entry.type) {
    case "I64":
    case "U64":
      return Number(view.getBigInt64(0, true));
    case "I32":
    case "U32":
      return view.getInt32(0, true);
    case "F32":
      return view.getFloat32(0, true);
    case "BF16":
      widenBrain(data, 0, 1, out, 0);
      return out[0]!;
    case "F16":
      widenHalf(data, 0, 1, out, 0);
      return out[0]!;
    default:
      throw new Problem(`${tensor} has the type ${entry.type}, and a number is needed`, { where: `in ${file.name}` });
  }
}
