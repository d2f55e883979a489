/**
 * What a dictionary is to be compared with: the model's own neurons, as few of them a token as the dictionary has features
 * active. Those with the largest |activation| · |what it writes along| are kept as they are; the others are zero, or, to
 * be fair to them, at their mean.
 */
import { float32 } from "../../core/tensor.ts";
import { forward } from "../../models/forward.ts";
import type { Model } from "../../models/model.ts";
import { batches, type HarvestOptions } from "./harvest.ts";
import { normsOf } from "./normalisation.ts";
import type { Plan } from "./plan.ts";
import { turned } from "./turned.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface NeuronBaseline {
  readonly layer: number;
  /** Share of the variance that is rebuilt, the other neurons being zero. */
  readonly explained: number;
  /** The same, with the others at their mean. */
  readonly explainedOverMeans: number;
}

/** Undefined where a norm follows the MLP: what single neurons write does not add up there. */
export async function neuronBaseline(
  model: Model,
  plan: Plan,
  sequences: Iterable<readonly number[]>,
  most: number,
  options: HarvestOptions = {},
): Promise<NeuronBaseline[] | undefined> {
  if (plan.kind === "autoencoders" || model.config.family.postNorms) return undefined;
  const seen = await watched(model, plan, sequences, most, options);
  const out: NeuronBaseline[] = [];
  for (const [i, layer] of plan.layers.entries()) {
    const { shape, data } = await model.reader.read("down", layer);
    const directions = turned(data, shape[0]!, shape[1]!);
    const { hidden, wrote } = seen[i]!;
    const { k } = plan.activation;
    const zero = new Float32Array(shape[1]!);
    out.push({
      layer,
      explained: explainedBy(hidden, wrote, directions, zero, k, plan.dModel),
      explainedOverMeans: explainedBy(hidden, wrote, directions, meanOf(hidden, shape[1]!), k, plan.dModel),
    });
  }
  return out;
}

/** By place in the plan's layers: activations [n, dMlp], and what the MLP wrote [n, dModel]. */
async function watched(
  model: Model,
  { layers, dModel }: Plan,
  sequences: Iterable<readonly number[]>,
  most: number,
  { limits, silentPositions = 1, batchTokens, signal }: HarvestOptions,
): Promise<{ hidden: Floats; wrote: Floats }[]> {
  const { dMlp } = model.config;
  const kept = layers.map(() => ({ hidden: [] as Floats[], wrote: [] as Floats[] }));
  const some: (readonly number[])[] = [];
  let tokens = 0;
  for (const ids of sequences) {
    if (tokens >= most) break;
    some.push(ids);
    tokens += ids.length - silentPositions;
  }
  for (const batch of batches(some, batchTokens)) {
    const length = batch.at(-1)!.length;
    const padded = batch.map(ids => [...ids, ...new Array<number>(length - ids.length).fill(ids[0]!)]);
    const activations: Floats[] = [];
    await forward(model, padded, {
      signal,
      layers: layers.at(-1)! + 1,
      stages: {
        writeTaps: ["mlp.out"],
        hidden: (layer, hidden) => {
          activations[layer] = hidden.slice();
        },
        out(layer, _out, taps) {
          const i = layers.indexOf(layer);
          if (i < 0) return;
          const wrote = float32(taps["mlp.out"]);
          const norms = normsOf(wrote, dModel);
          batch.forEach((ids, b) => {
            for (let t = silentPositions; t < ids.length; t++) {
              const row = b * length + t;
              if (limits && norms[row]! > limits[i]!) continue;
              kept[i]!.hidden.push(activations[layer]!.slice(row * dMlp, (row + 1) * dMlp));
              kept[i]!.wrote.push(wrote.slice(row * dModel, (row + 1) * dModel));
            }
          });
        },
      },
    });
  }
  return kept.map(({ hidden, wrote }) => ({ hidden: joined(hidden, dMlp), wrote: joined(wrote, dModel) }));
}

/** @param rest [dMlp] what the neurons that are not kept are */
function explainedBy(
  hidden: Floats,
  wrote: Floats,
  directions: Floats,
  rest: Floats,
  k: number,
  dModel: number,
): number {
  const dMlp = rest.length;
  const n = hidden.length / dMlp;
  const lengths = normsOf(directions, dModel);
  const mean = meanOf(wrote, dModel);
  // What the whole MLP writes beside its neurons (a bias), and what the rest writes, are the same at every token.
  const constant = new Float64Array(dModel);
  const meanHidden = meanOf(hidden, dMlp);
  for (let j = 0; j < dMlp; j++)
    for (let d = 0; d < dModel; d++) constant[d]! += (rest[j]! - meanHidden[j]!) * directions[j * dModel + d]!;
  for (let d = 0; d < dModel; d++) constant[d]! += mean[d]!;
  let left = 0;
  let all = 0;
  const size = new Float64Array(dMlp);
  for (let row = 0; row < n; row++) {
    for (let j = 0; j < dMlp; j++) size[j] = Math.abs(hidden[row * dMlp + j]! - rest[j]!) * lengths[j]!;
    const least = size.toSorted()[dMlp - k]!;
    const out = constant.slice();
    for (let j = 0; j < dMlp; j++) {
      if (size[j]! < least) continue;
      const by = hidden[row * dMlp + j]! - rest[j]!;
      for (let d = 0; d < dModel; d++) out[d]! += by * directions[j * dModel + d]!;
    }
    for (let d = 0; d < dModel; d++) {
      left += (wrote[row * dModel + d]! - out[d]!) ** 2;
      all += (wrote[row * dModel + d]! - mean[d]!) ** 2;
    }
  }
  return 1 - left / all;
}

function meanOf(rows: Floats, width: number): Floats {
  const sum = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) sum[i % width]! += rows[i]!;
  return Float32Array.from(sum, v => (v * width) / rows.length);
}

function joined(rows: readonly Floats[], width: number): Floats {
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(row, i * width);
  });
  return out;
}
