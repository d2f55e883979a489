/** What a unit reads and writes, from its weights, and what it fires on, from the index where one was built. */
import { Problem } from "../core/problem.ts";
import { nearestRows, strongestOf } from "../features/search/like.ts";
import { gather } from "../formats/dictionaries/matrix.ts";
import { shown } from "../models/prompt.ts";
import type { UnitFacts, UnitInput } from "./api.ts";
import { basisOf, type OpenBasis } from "./bases.ts";
import type { CallOptions } from "./instrument.ts";
import type { Scene } from "./resident.ts";
import { unitEvidence } from "./unit-evidence.ts";

/** Tokens in each list. */
const many = 12;
const neighbours = 8;

export async function unitFacts(scene: Scene, input: UnitInput, options: CallOptions): Promise<UnitFacts> {
  const { open, found } = scene;
  const { layer, index } = input;
  const { model, tokenizer } = open;
  const opened = await basisOf(open, found, input.basis, options);
  const { watched } = opened;
  const at = watched.layers.findIndex(l => l.layer === layer);
  const units = watched.layers[at]?.units ?? 0;
  if (index >= units) {
    const { layer: first, units: width } = watched.layers[0]!;
    throw new Problem(
      `there is no unit ${layer}.${index} in ${watched.name}: layers are ${first} to ${watched.layers.at(-1)!.layer}, units 0 to ${(units || width) - 1}`,
    );
  }
  const { dModel } = model.config;
  const decoders = await watched.decoders(at);
  const written = decoders.slice(index * dModel, (index + 1) * dModel);
  const { data: gain } = await model.finalGain();
  const writes = await model.project(written.map((v, i) => v * gain[i]!));
  const tokens = (scores: Float32Array, sign: 1 | -1) => {
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    const order = Uint32Array.from(scores.keys()).sort((a, b) => sign * (scores[b]! - scores[a]!));
    return [...order.subarray(0, many)].map(id => ({ text: shown(tokenizer, id), weight: scores[id]! - mean }));
  };
  const row = await readRow(scene, opened, input);
  const reads = row && (await model.project(row));
  const near = nearestRows(written, decoders, layer).filter(n => n.score > 0);
  const evidence = await unitEvidence(scene, opened, input);
  return {
    layer,
    index,
    promotes: tokens(writes, 1),
    suppresses: tokens(writes, -1),
    reads: reads ? tokens(reads, 1) : [],
    nearest: strongestOf(near, neighbours, input),
    ...(evidence ? { evidence } : {}),
  };
}

/** What the unit's gate or encoder looks for. As tokens it can be said only where embedding and unembedding are one. */
async function readRow(
  { open }: Scene,
  { dictionary }: OpenBasis,
  { layer, index }: UnitInput,
): Promise<Float32Array<ArrayBuffer> | undefined> {
  const { model } = open;
  const { tied, family } = model.config;
  if (!tied) return undefined;
  const own = dictionary?.layers.find(l => l.layer === layer);
  if (own) return Float32Array.from(await gather(own.encoder, [index]));
  return Float32Array.from(await model.reader.row(family.mlp === "gated" ? "gate" : "up", layer, index));
}
