/**
 * Decoding: what a dictionary makes of what it has read, in every layer that it writes to. For looking (autoencoders),
 * for measuring how much is rebuilt, and for putting features in the place of MLPs.
 */
import type { DictionaryLayer } from "../../formats/dictionaries/dictionary.ts";
import { skipped } from "./encode.ts";
import type { Product } from "./product.ts";
import type { Active } from "./select.ts";
import { Writes } from "./writes.ts";

type Floats = Float32Array<ArrayBuffer>;

/**
 * [layer][n, dModel] at the writing hook: decoder rows times activations, the decoder's bias, and the skip connection.
 * `active` and `inputs` ([n, dModel]) by layer, in the dictionary's order; a cross-layer dictionary needs all its layers.
 */
export async function rebuild(
  layers: readonly DictionaryLayer[],
  active: readonly Active[],
  inputs: readonly Floats[],
  product: Product,
): Promise<Floats[]> {
  const out = await Promise.all(
    layers.map(async (layer, l) => {
      const values = (await skipped(layer, inputs[l]!, product)) ?? new Float32Array(inputs[l]!.length);
      for (let i = 0; i < values.length; i++) values[i]! += layer.decoderBias[i % layer.dModel]!;
      return values;
    }),
  );
  const writes = new Writes(layers, active, 0);
  for (let source = 0; source < layers.length; source++) await writes.load(source, out);
  return out;
}
