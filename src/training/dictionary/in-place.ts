/** A dictionary in the place of every MLP of a decoder, as one program; and a loaded model's weights for such programs. */
import { float32, type Tensor, tensor } from "../../core/tensor.ts";
import { forward } from "../../models/forward.ts";
import type { WeightName } from "../../models/layer-weights.ts";
import type { Model } from "../../models/model.ts";
import { type Batch, type Sequence, sequenceBatches } from "../corpus/pack.ts";
import { decoder, type StandIn } from "../decoder.ts";
import { parametersOf as decoderParameters } from "../parameters.ts";
import { decoderInputs } from "../step-inputs.ts";
import type { Plan } from "./plan.ts";
import { rebuilt, type Transcoded, transcode } from "./transcode.ts";

/** What the plan's dictionary writes at each layer; the plan must have all layers. Weights are the folded ones. */
export function standInOf(plan: Plan): StandIn {
  const done: Transcoded[] = [];
  return (layer, read) => {
    done[layer] = transcode(plan, layer, read);
    return rebuilt(plan, done, layer);
  };
}

/** A model's weights under the names that whole-decoder programs use. */
export async function decoderWeights(model: Model): Promise<Record<string, Tensor>> {
  const { config, reader } = model;
  const weights: Record<string, Tensor> = {};
  for (const { name } of decoderParameters(config)) {
    const inLayer = /^layers\.(\d+)\.(.+)$/.exec(name);
    if (inLayer) weights[name] = await reader.read(inLayer[2] as WeightName, Number(inLayer[1]));
    else if (name === "finalNorm") weights[name] = await model.finalGain();
    else {
      const { shape, data } = await reader.tensor(
        name === "embedding" ? config.family.weights.embedding : model.unembeddingTensor,
      );
      weights[name] = tensor(shape, data);
    }
  }
  return weights;
}

/**
 * The model's weights, if `decoder` says the same as the model itself on a few tokens (to 1 % of the largest logit);
 * undefined where it does not, as for families with biases, learned positions or layers that differ.
 */
export async function asOneProgram(model: Model): Promise<Record<string, Tensor> | undefined> {
  const { config } = model;
  if (config.layers.some(layer => !layer.rotary) || config.family.weights.positions) return undefined;
  const weights = await decoderWeights(model).catch(() => undefined);
  if (!weights) return undefined;
  const length = 16;
  const ids = Array.from({ length }, (_, i) => (i * 7919 + 1) % config.vocabulary);
  const batch = sequenceBatches(again(ids), { rows: 1, length }).next().value as Batch;
  const program = await model.device.compile({ logits: decoder(config).logits }, weights);
  const ours = float32((await program.run(decoderInputs(config, batch))).logits);
  await program.release();
  const theirs = await model.logits(await forward(model, [ids]));
  let [largest, apart] = [0, 0];
  for (let i = 0; i < theirs.length; i++) {
    largest = Math.max(largest, Math.abs(theirs[i]!));
    apart = Math.max(apart, Math.abs(theirs[i]! - ours[i]!));
  }
  return apart <= 0.01 * largest ? weights : undefined;
}

function* again(ids: readonly number[]): Generator<Sequence> {
  for (;;) yield { ids };
}
