/**
 * Which attention heads carry an edge. Attention is frozen, so an edge splits exactly: each part of what the source
 * wrote either stays at its position all the way down the stream, or is moved by some head; it is booked under the
 * first head that moves it (layer, head, and where the head's query stands). From there on it goes as it goes, and the
 * target's pull says what becomes of it.
 *
 * The parts of an edge, the direct one included, add up to the edge.
 */
import { internal } from "../core/problem.ts";
import { float32, tensor } from "../core/tensor.ts";
import type { PromptBasis } from "../features/basis.ts";
import { Places } from "../models/forward.ts";
import type { Recording } from "../models/record.ts";
import { Sweep, type SweepTarget } from "./sweep.ts";

export interface HeadShare {
  readonly layer: number;
  readonly head: number;
  /** Where the head's query stands; the key is the source's position. */
  readonly to: number;
  readonly weight: number;
  /** How strongly the head looks there, 0 to 1. */
  readonly pattern: number;
}

export interface EdgeSplit {
  /** The whole edge. */
  readonly weight: number;
  /** What arrives without any head: straight down the stream, where source and target share a position. */
  readonly direct: number;
  /** Largest first. */
  readonly heads: readonly HeadShare[];
}

/** What a source writes, and where: `layer` is the layer whose MLP wrote it, -1 for an embedding. */
export interface Source {
  readonly layer: number;
  readonly position: number;
  /** [dModel] */
  readonly vector: Float32Array;
}

/** Splits the edge from a source to a target. Cost: one sweep of the target and, a layer, one pass of one position. */
export async function splitEdge(
  recording: Recording,
  basis: PromptBasis,
  source: Source,
  target: SweepTarget,
): Promise<EdgeSplit> {
  const { model, tokens } = recording;
  const { dModel, heads, kvHeads, dHead } = model.config;
  const sweep = await Sweep.on(recording, basis);
  const pulls: Float32Array<ArrayBuffer>[] = [];
  await sweep.rows([target], {
    floor: 1,
    most: 1,
    // The pull on the stream after each layer's attention, which is what heads write into.
    watch(layer, pull, _targets, positions) {
      pulls[layer] = pull.slice(0, positions * dModel);
    },
  });
  const positions = target.position + 1;
  const places = new Places(model, 0, positions, tokens);
  const shares: HeadShare[] = [];
  for (let layer = source.layer + 1; layer < model.layers; layer++) {
    const pull = pulls[layer];
    if (!pull || source.position >= positions) continue;
    const above = await (await model.program("headsPull", layer)).run({
      pull: tensor([1, positions, dModel], pull),
      x0: tensor([1, positions, dModel], recording.residual[layer]!.slice(0, positions * dModel)),
      ...places.of(layer),
    });
    const onMix = float32(above.pulled); // [query, heads * dHead]
    const pattern = float32(above.pattern); // [kvHeads, group, query, key]
    const scale = float32(above["norm1.scale"]); // [key]
    const values = await valuesOf(recording, layer, source, scale[source.position]!);
    const group = heads / kvHeads;
    for (let head = 0; head < heads; head++) {
      const kv = Math.floor(head / group);
      for (let to = source.position; to < positions; to++) {
        const looks = pattern[(head * positions + to) * positions + source.position]!;
        let sum = 0;
        for (let i = 0; i < dHead; i++) sum += onMix[(to * heads + head) * dHead + i]! * values[kv * dHead + i]!;
        if (sum !== 0 && looks !== 0) shares.push({ layer, head, to, weight: sum * looks, pattern: looks });
      }
    }
  }
  const direct =
    source.position === target.position && source.layer < target.layer ? dot(source.vector, target.vector) : 0;
  shares.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || a.layer - b.layer || a.head - b.head || a.to - b.to);
  return { weight: direct + shares.reduce((sum, s) => sum + s.weight, 0), direct, heads: shares };
}

/** What each key head takes from the source's vector [kvHeads * dHead]: through the frozen norm and the value weights. */
async function valuesOf(recording: Recording, layer: number, source: Source, scale: number): Promise<Float64Array> {
  const { reader, config } = recording.model;
  const { dModel, kvHeads, dHead } = config;
  const { data: gain } = await reader.read("norm1", layer);
  const { data: weights } = await reader.read("values", layer);
  if (source.vector.length !== dModel) throw internal(`a source is ${source.vector.length} wide, the stream ${dModel}`);
  const mean = config.family.norm === "layer" ? source.vector.reduce((a, b) => a + b, 0) / dModel : 0;
  const normed = Float64Array.from(source.vector, (v, i) => (v - mean) * scale * gain[i]!);
  const values = new Float64Array(kvHeads * dHead);
  for (let row = 0; row < values.length; row++) {
    let sum = 0;
    for (let i = 0; i < dModel; i++) sum += weights[row * dModel + i]! * normed[i]!;
    values[row] = sum;
  }
  return values;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
