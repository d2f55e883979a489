/**
 * How good a dictionary is, on text that it was not trained on: what it rebuilds of its own layers' writing, and what the
 * model still predicts when the dictionary stands in its place.
 */
import { float32 } from "../../core/tensor.ts";
import { forward, type Stages } from "../../models/forward.ts";
import type { Model } from "../../models/model.ts";
import type { ActivationRows } from "./activation-rows.ts";
import { batches } from "./harvest.ts";
import type { Replacement } from "./replacement.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface LayerQuality {
  readonly layer: number;
  /** Share of the variance that is rebuilt: 1 − Σ|y − ŷ|² / Σ|y − mean|². */
  readonly explained: number;
  /** Active features of a token, on average. */
  readonly active: number;
}

/** On rows that the model gave, each layer reading the model's own activations. */
export async function qualityOf(replacement: Replacement, rows: ActivationRows): Promise<LayerQuality[]> {
  const { plan } = replacement;
  const { dModel } = plan;
  const slice = 2048;
  const left = new Float64Array(plan.layers.length);
  const active = new Float64Array(plan.layers.length);
  for (let start = 0; start < rows.count; start += slice) {
    const end = Math.min(rows.count, start + slice);
    for (const [i, layer] of plan.layers.entries()) {
      const { out, fired } = await replacement.at(layer, rows.read[i]!.slice(start * dModel, end * dModel));
      active[i]! += fired.reduce((sum, n) => sum + n, 0);
      const wanted = rows.write[i]!;
      for (let j = 0; j < out.length; j++) left[i]! += (wanted[start * dModel + j]! - out[j]!) ** 2;
    }
  }
  return plan.layers.map((layer, i) => ({
    layer,
    explained: 1 - left[i]! / variance(rows.write[i]!, dModel),
    active: active[i]! / rows.count,
  }));
}

/** Σ|y − mean|² */
function variance(rows: Floats, dModel: number): number {
  const sum = new Float64Array(dModel);
  for (let i = 0; i < rows.length; i++) sum[i % dModel]! += rows[i]!;
  const n = rows.length / dModel;
  let total = 0;
  for (let i = 0; i < rows.length; i++) total += (rows[i]! - sum[i % dModel]! / n) ** 2;
  return total;
}

/** Who writes in the place of the dictionary's layers: the dictionary, or (for comparison) their mean [dModel] a layer. */
export interface InPlace {
  readonly replacement: Replacement;
  readonly means?: readonly Floats[];
  readonly silentPositions?: number;
}

/**
 * Mean surprise of the next token in nats: of the model as it is, or with something in the place of all of the
 * dictionary's layers, each reading what the changed model gives.
 */
export async function crossEntropy(
  model: Model,
  sequences: readonly (readonly number[])[],
  inPlace?: InPlace,
): Promise<number> {
  let total = 0;
  let tokens = 0;
  for (const batch of batches(sequences)) {
    const length = batch.at(-1)!.length;
    const padded = batch.map(ids => [...ids, ...new Array<number>(length - ids.length).fill(ids[0]!)]);
    inPlace?.replacement.clear();
    const stages = inPlace ? splicing(inPlace, length) : {};
    total += await surprise(model, await forward(model, padded, { stages }), batch, length);
    for (const ids of batch) tokens += ids.length - 1;
  }
  return total / tokens;
}

/** What changes a run: at each layer, everything but the first positions is written by the dictionary, or is the mean. */
function splicing({ replacement, means, silentPositions = 1 }: InPlace, length: number): Stages {
  const { plan } = replacement;
  const { dModel } = plan;
  let below: Floats = new Float32Array(0);
  let read: Floats = below;
  const put = async (layer: number, into: Floats, base: Floats | undefined) => {
    const at = plan.layers.indexOf(layer);
    if (at < 0) return;
    const wrote = means ? undefined : (await replacement.at(layer, read)).out;
    for (let i = 0; i < into.length; i++) {
      if (Math.floor(i / dModel) % length < silentPositions) continue;
      into[i] = (base ? base[i]! : 0) + (wrote ? wrote[i]! : means![at]![i % dModel]!);
    }
  };
  if (plan.kind !== "autoencoders") {
    return {
      readTaps: ["mlp.in"],
      mid: (_layer, mid) => {
        below = mid;
      },
      hidden(_layer, _hidden, taps) {
        read = float32(taps["mlp.in"]);
      },
      out: (layer, out) => put(layer, out, below),
    };
  }
  const stream = (layer: number, x: Floats) => {
    read = x.slice();
    return put(layer, x, undefined);
  };
  return plan.reads === "residual.in" ? { residual: stream } : { out: stream };
}

/** Σ −log p(next) over the sequences; `x` [sequence, length, dModel] after the last layer. */
async function surprise(
  model: Model,
  x: Floats,
  batch: readonly (readonly number[])[],
  length: number,
): Promise<number> {
  const { dModel, vocabulary } = model.config;
  const places: { at: number; next: number }[] = [];
  batch.forEach((ids, b) => {
    for (let t = 0; t + 1 < ids.length; t++) places.push({ at: b * length + t, next: ids[t + 1]! });
  });
  const some = Math.max(1, Math.floor(2 ** 23 / vocabulary));
  let total = 0;
  for (let start = 0; start < places.length; start += some) {
    const part = places.slice(start, start + some);
    const rows = new Float32Array(part.length * dModel);
    part.forEach(({ at }, i) => {
      rows.set(x.subarray(at * dModel, (at + 1) * dModel), i * dModel);
    });
    const logits = await model.logits(rows);
    part.forEach(({ next }, i) => {
      total += surpriseOf(logits, i * vocabulary, vocabulary, next);
    });
  }
  return total;
}

function surpriseOf(logits: Floats, from: number, count: number, id: number): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = from; i < from + count; i++) if (logits[i]! > top) top = logits[i]!;
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += Math.exp(logits[i]! - top);
  return top + Math.log(sum) - logits[from + id]!;
}
