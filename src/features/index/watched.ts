/**
 * Units that can be watched while a model reads text: in batches of short windows, layer by layer, nothing kept. What
 * the index and the search ask of a basis; a trace asks more (`basis.ts`).
 */
import { forward } from "../../models/forward.ts";
import type { Model } from "../../models/model.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface WatchedLayer {
  readonly layer: number;
  readonly units: number;
}

/** Activations of one layer: [window, token, unit], as long as the longest window of the batch. Not to be kept. */
export type EachLayer = (at: number, values: Floats) => void;

export interface Watched {
  /** "neurons", or the dictionary's name. */
  readonly name: string;
  readonly model: Model;
  readonly layers: readonly WatchedLayer[];
  /** Do units go below zero? Then the lower end is kept too. */
  readonly signed: boolean;
  /** Runs windows of one length; `each` gets layers[0], layers[1], ... in order. */
  run(batch: readonly (readonly number[])[], each: EachLayer, signal?: AbortSignal): Promise<void>;
  /** [unit, dModel] what the units of layers[at] write to the stream when they are at 1 (a norm's scale left out). */
  decoders(at: number): Promise<Floats>;
}

export function watchNeurons(model: Model): Watched {
  const { dModel, dMlp, family } = model.config;
  return {
    name: "neurons",
    model,
    layers: model.config.layers.map((_, layer) => ({ layer, units: dMlp })),
    signed: true,
    async run(batch, each, signal) {
      await forward(model, batch, { signal, stages: { hidden: (layer, hidden) => each(layer, hidden) } });
    },
    async decoders(at) {
      const { data: down } = await model.reader.read("down", at);
      const gain = family.postNorms ? (await model.reader.read("postNorm2", at)).data : undefined;
      const out = new Float32Array(dMlp * dModel);
      for (let i = 0; i < dModel; i++) {
        const by = gain?.[i] ?? 1;
        for (let u = 0; u < dMlp; u++) out[u * dModel + i] = down[i * dMlp + u]! * by;
      }
      return out;
    },
  };
}
