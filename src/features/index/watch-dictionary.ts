/** The features of a dictionary, watched while the model reads text. */
import { internal } from "../../core/problem.ts";
import { float32 } from "../../core/tensor.ts";
import type { Dictionary } from "../../formats/dictionaries/dictionary.ts";
import { rowsAtOnce } from "../../formats/dictionaries/matrix.ts";
import { forward, type Stages } from "../../models/forward.ts";
import type { Model } from "../../models/model.ts";
import { encode } from "../dictionary/encode.ts";
import { assertFits } from "../dictionary/fits.ts";
import { tapsFor } from "../dictionary/places.ts";
import { Product } from "../dictionary/product.ts";
import type { Watched } from "./watched.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Throws a Problem when the dictionary does not fit the model. */
export function watchDictionary(dictionary: Dictionary, model: Model): Watched {
  assertFits(dictionary, model);
  const product = new Product(model.device);
  const layers = dictionary.layers.map(({ layer, features }) => ({ layer, units: features }));
  const signed = dictionary.layers.some(l => l.activation.kind === "topk" && !l.activation.rectified);
  return {
    name: dictionary.name,
    model,
    layers,
    signed,
    async run(batch, each, signal) {
      const look = async (layer: number, x: Floats) => {
        const at = layers.findIndex(l => l.layer === layer);
        const row = dictionary.layers[at];
        if (!row) return;
        const active = await encode(row, x, product, { signal });
        const values = new Float32Array((x.length / row.dModel) * row.features);
        for (let i = 0; i < active.value.length; i++)
          values[active.position[i]! * row.features + active.index[i]!] = active.value[i]!;
        each(at, values);
      };
      await forward(model, batch, { signal, stages: stagesFor(dictionary, model, look) });
    },
    async decoders(at) {
      const { layer, decoder, features, outputs, dModel } = dictionary.layers[at]!;
      const out = new Float32Array(features * dModel);
      const gains = await gainsAfter(dictionary, model, layer, outputs);
      const add = (feature: number, column: number, value: number) => {
        // A cross-layer feature writes to several layers: to the logits, all that it writes adds up.
        const gain = gains?.[Math.floor(column / dModel)]?.[column % dModel] ?? 1;
        out[feature * dModel + (column % dModel)]! += value * gain;
      };
      const step = rowsAtOnce(decoder.turned ? features : outputs * dModel);
      const most = decoder.turned ? decoder.width : features;
      for (let start = 0; start < most; start += step) {
        const end = Math.min(most, start + step);
        const data = await decoder.read(start, end);
        if (decoder.turned) {
          for (let c = start; c < end; c++)
            for (let f = 0; f < features; f++) add(f, c, data[(c - start) * features + f]!);
        } else {
          for (let f = start; f < end; f++)
            for (let c = 0; c < decoder.width; c++) add(f, c, data[(f - start) * decoder.width + c]!);
        }
      }
      return out;
    },
  };
}

/** [output] the gain [dModel] of the norm between what features write and the stream, where there is one. */
async function gainsAfter(dictionary: Dictionary, model: Model, layer: number, outputs: number) {
  if (dictionary.writes !== "mlp.raw" || !model.config.family.postNorms) return undefined;
  return Promise.all(
    Array.from({ length: outputs }, async (_, i) => (await model.reader.read("postNorm2", layer + i)).data),
  );
}

/** Where in a forward pass the dictionary's place can be seen. */
function stagesFor(dictionary: Dictionary, model: Model, look: (layer: number, x: Floats) => Promise<void>): Stages {
  const { reads } = dictionary;
  const taps = tapsFor(reads);
  switch (reads) {
    case "residual.in":
      return { residual: look };
    case "mid":
      return model.config.parallel ? { residual: look } : { mid: look };
    case "normalized":
    case "mlp.in":
      return { readTaps: taps, hidden: (layer, _hidden, values) => look(layer, float32(values[taps[0]!])) };
    case "residual.out":
      return { out: look };
    case "mlp.raw":
      if (model.config.family.postNorms) throw internal("an MLP's output before its norm is not seen from outside");
      return { writeTaps: ["mlp.out"], out: (layer, _out, values) => look(layer, float32(values["mlp.out"])) };
    case "mlp.out":
      return { writeTaps: ["mlp.out"], out: (layer, _out, values) => look(layer, float32(values["mlp.out"])) };
  }
}
