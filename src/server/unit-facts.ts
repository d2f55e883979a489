/** What a raw neuron reads and writes, from its weights alone: token lenses and its nearest neighbours. */
import { Problem } from "../core/problem.ts";
import { shown } from "../models/prompt.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { UnitFacts, UnitInput } from "./api.ts";

/** Tokens in each list. */
const many = 12;

export async function unitFacts(open: OpenModel, { layer, index }: UnitInput): Promise<UnitFacts> {
  const { model, tokenizer } = open;
  const { dModel, dMlp, family, tied } = model.config;
  if (layer >= model.layers || index >= dMlp) {
    throw new Problem(
      `there is no unit ${layer}.${index}: layers are 0 to ${model.layers - 1}, units 0 to ${dMlp - 1}`,
    );
  }
  const { data: down } = await model.reader.read("down", layer);
  const { data: gain } = await model.finalGain();
  const written = new Float32Array(dModel);
  for (let i = 0; i < dModel; i++) written[i] = down[i * dMlp + index]!;
  const writes = await model.project(written.map((v, i) => v * gain[i]!) as Float32Array<ArrayBuffer>);
  const tokens = (scores: Float32Array, sign: 1 | -1) => {
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    const order = Uint32Array.from(scores.keys()).sort((a, b) => sign * (scores[b]! - scores[a]!));
    return [...order.subarray(0, many)].map(id => ({ text: shown(tokenizer, id), weight: scores[id]! - mean }));
  };
  // The embedding is at hand as a matrix only where it is the unembedding too.
  const row = tied ? await model.reader.row(family.mlp === "gated" ? "gate" : "up", layer, index) : undefined;
  const reads = row && (await model.project(Float32Array.from(row)));
  return {
    layer,
    index,
    promotes: tokens(writes, 1),
    suppresses: tokens(writes, -1),
    reads: reads ? tokens(reads, 1) : [],
    nearest: nearest(down, dModel, dMlp, index).map(n => ({ ...n, layer })),
  };
}

/** By cosine of the columns of the down projection [dModel, dMlp]. */
function nearest(down: Float32Array, dModel: number, dMlp: number, index: number) {
  const dot = new Float64Array(dMlp);
  const size = new Float64Array(dMlp);
  for (let i = 0; i < dModel; i++) {
    const own = down[i * dMlp + index]!;
    for (let j = 0; j < dMlp; j++) {
      const v = down[i * dMlp + j]!;
      dot[j]! += own * v;
      size[j]! += v * v;
    }
  }
  const all = Array.from(dot, (d, j) => ({ index: j, cosine: d / Math.sqrt(size[j]! * size[index]! || 1) }));
  return all
    .filter(n => n.index !== index)
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, 8);
}
