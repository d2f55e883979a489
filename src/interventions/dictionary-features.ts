/** Features of a dictionary in a run that is under way. Linear-in-one-feature encoders are read a row at a time. */
import { Problem } from "../core/problem.ts";
import type { PromptBasis } from "../features/basis.ts";
import { type DictionaryBasis, PromptDictionary } from "../features/dictionary/basis.ts";
import { encode, skipped } from "../features/dictionary/encode.ts";
import { recordedAt, tapsFor } from "../features/dictionary/places.ts";
import { Product } from "../features/dictionary/product.ts";
import { Selection } from "../features/dictionary/select.ts";
import type { DictionaryLayer, Hook } from "../formats/dictionaries/dictionary.ts";
import { columnsOf, gather } from "../formats/dictionaries/matrix.ts";
import type { Model } from "../models/model.ts";
import type { Recording } from "../models/record.ts";
import type { LiveFeatures } from "./live-features.ts";

/**
 * @param silent positions at the start at which features are silent
 * Throws a Problem where features write before a norm of a model that has one there.
 */
export function dictionaryFeatures(basis: DictionaryBasis, model: Model, silent: number): LiveFeatures {
  const { layers, reads, writes } = basis.dictionary;
  if (writes === "mlp.raw" && model.config.family.postNorms) {
    throw new Problem(`features of ${basis.name} write before a norm, where changes are not additive`, {
      advice: "a dictionary that writes after the norm",
    });
  }
  const product = new Product(model.device);
  // Thousands of variants of one run ask for the same again.
  const written = new Kept<readonly { readonly layer: number; readonly vector: Float32Array }[]>();
  const onRecording = new WeakMap<Recording, Kept<Float32Array>>();
  const at = async (layer: DictionaryLayer, x: Float32Array<ArrayBuffer>, features: readonly number[]) => {
    const { kind } = layer.activation;
    if (kind === "topk" || kind === "groupmax") {
      const active = await encode(layer, x, product);
      const values = new Map(Array.from(active.index, (feature, i) => [feature, active.value[i]!]));
      return Float32Array.from(features, feature => values.get(feature) ?? 0);
    }
    const rows = await gather(layer.encoder, features);
    const out = new Float32Array(features.length);
    features.forEach((feature, i) => {
      let pre = layer.encoderBias[feature]!;
      for (let j = 0; j < x.length; j++) pre += rows[i * x.length + j]! * (x[j]! - (layer.centre?.[j] ?? 0));
      const selection = new Selection(layer.activation, layer.features, 1);
      selection.add(feature, 1, Float32Array.of(pre));
      out[i] = selection.finish().value[0] ?? 0;
    });
    return out;
  };
  return {
    readTaps: tapsFor(reads),
    async activations(layer, { stream, taps }, row, features, position) {
      if (position < silent) return new Float32Array(features.length);
      const tap = tapsFor(reads)[0];
      const data = tap ? taps[tap]! : stream;
      const { dModel } = model.config;
      return at(layers[layer]!, Float32Array.from(data.subarray(row * dModel, (row + 1) * dModel)), features);
    },
    async recorded(recording, layer, position, features) {
      if (position < silent) return new Float32Array(features.length);
      const { dModel } = model.config;
      const data = recordedAt(recording, layer, reads);
      const kept = onRecording.get(recording) ?? new Kept<Float32Array>();
      onRecording.set(recording, kept);
      return kept.get(`${layer} ${position} ${features.join(" ")}`, () =>
        at(layers[layer]!, data.slice(position * dModel, (position + 1) * dModel), features),
      );
    },
    async bypass(recording, layer, stream, normsHeld) {
      const one = layers[layer]!;
      if (!one.skip) return undefined;
      const before = recordedAt(recording, layer, reads);
      const now = await seenAs(reads, recording, layer, stream, normsHeld);
      return skipped(
        one,
        now.map((v, i) => v - before[i]!),
        product,
      );
    },
    writes(layer, feature) {
      return written.get(`${layer} ${feature}`, async () => {
        const { outputs, dModel, decoder } = layers[layer]!;
        const row = await gather(columnsOf(decoder, 0, outputs * dModel), [feature]);
        return Array.from({ length: outputs }, (_, j) => ({
          layer: layer + j,
          vector: row.slice(j * dModel, (j + 1) * dModel),
        }));
      });
    },
  };
}

/** What was worked out, while it is not too much. */
class Kept<Value> {
  private readonly values = new Map<string, Promise<Value>>();

  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const had = this.values.get(key);
    if (had) return had;
    if (this.values.size >= 4096) this.values.clear();
    const made = make();
    this.values.set(key, made);
    return made;
  }
}

/** The live features of a prompt's basis; undefined for neurons, which need none. */
export const featuresOn = (basis: PromptBasis, model: Model): LiveFeatures | undefined =>
  basis instanceof PromptDictionary ? dictionaryFeatures(basis.basis, model, basis.silentPositions) : undefined;

/** [token, dModel] the stream as features see it: itself, or through the norm before the MLP. */
async function seenAs(
  reads: Hook,
  recording: Recording,
  layer: number,
  stream: Float32Array,
  normsHeld: boolean,
): Promise<Float32Array<ArrayBuffer>> {
  const out = Float32Array.from(stream);
  if (reads === "mid") return out;
  const { reader, config } = recording.model;
  const { dModel, family, epsilon } = config;
  const gain = reads === "mlp.in" ? (await reader.read("norm2", layer)).data : undefined;
  const bias = gain && reader.has("norm2.bias", layer) ? (await reader.read("norm2.bias", layer)).data : undefined;
  for (let row = 0; row < out.length / dModel; row++) {
    const x = out.subarray(row * dModel, (row + 1) * dModel);
    if (family.norm === "layer") {
      const mean = x.reduce((a, b) => a + b, 0) / dModel;
      for (let i = 0; i < dModel; i++) x[i]! -= mean;
    }
    const live = 1 / Math.sqrt(x.reduce((a, b) => a + b * b, 0) / dModel + epsilon);
    const scale = normsHeld ? recording.read[layer]!["norm2.scale"]![row]! : live;
    for (let i = 0; i < dModel; i++) x[i] = x[i]! * scale * (gain?.[i] ?? 1) + (bias?.[i] ?? 0);
  }
  return out;
}
