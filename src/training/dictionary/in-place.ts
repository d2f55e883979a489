/** A dictionary in the place of every MLP of a decoder, as one program; and a loaded model's weights for such programs. */
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { WeightName } from "../../models/layer-weights.ts";
import type { Model } from "../../models/model.ts";
import type { StandIn } from "../decoder.ts";
import { parametersOf as decoderParameters } from "../parameters.ts";
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
