/** A trained decoder as an ordinary Hugging Face checkpoint: names and half precision. */
import { internal } from "../core/problem.ts";
import { writeSafetensors } from "../formats/write-safetensors.ts";
import type { ModelConfig } from "../models/config.ts";
import type { LayerWeight } from "../models/families.ts";
import type { Parameter, Values } from "./parameters.ts";
import { valueNamed } from "./parameters.ts";

/** What Hugging Face calls the weight that we call `layers.3.queries`. */
export function checkpointName(config: ModelConfig, name: string): string {
  const { weights, layer } = config.family;
  const inLayer = /^layers\.(\d+)\.(\w+)$/.exec(name);
  const place = inLayer ? layer[inLayer[2] as LayerWeight] : weights[name as "embedding" | "finalNorm" | "unembedding"];
  if (typeof place !== "string") throw internal(`a ${config.family.name} checkpoint has no place for ${name}`);
  return inLayer ? place.replace("*", inLayer[1]!) : place;
}

/** The bytes of `model.safetensors`, float16. */
export function modelFile(
  config: ModelConfig,
  parameters: readonly Parameter[],
  values: Values,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const tensors = parameters.map(({ name, shape }) => ({
    name: checkpointName(config, name),
    shape,
    data: valueNamed(values, name),
  }));
  return writeSafetensors(tensors, "F16", metadata);
}
