/**
 * EleutherAI's sparsify: `layers.N.mlp/{cfg.json, sae.safetensors}`, one folder a hook point. Pre-activations pass a ReLU
 * before the k largest are kept; autoencoders take their decoder's bias from the input first, transcoders do not.
 */
import { Problem } from "../../core/problem.ts";
import type { Activation, Dictionary, DictionaryLayer, Hook } from "./dictionary.ts";
import { type DictionaryFiles, openTensors, readRecord } from "./files.ts";
import { plainLayer, skipOf } from "./layer.ts";

const weightsName = "sae.safetensors";
export const isSparsify = (name: string): boolean => /(^|\/)sae\.safetensors$/.test(name);

/** Throws a Problem for hook points that are neither MLPs nor whole layers. */
export async function readSparsify(files: DictionaryFiles): Promise<Dictionary> {
  const folders = files.names.filter(isSparsify).map(name => name.slice(0, -weightsName.length));
  const all: { layer: DictionaryLayer; reads: Hook; writes: Hook; transcode: boolean }[] = [];
  for (const folder of folders) all.push(await readFolder(files, folder));
  all.sort((a, b) => a.layer.layer - b.layer.layer);
  const first = all[0]!;
  const other = all.find(one => one.reads !== first.reads || one.writes !== first.writes);
  if (other) {
    throw new Problem(
      `${folders.length} hook points lie here, at ${first.reads} and at ${other.reads}: these are not one dictionary`,
      { where: `in ${files.name}`, advice: `one of ${folders.slice(0, 4).join(", ")}` },
    );
  }
  return {
    name: files.name,
    kind: first.transcode ? "transcoders" : "autoencoders",
    format: "sparsify",
    reads: first.reads,
    writes: first.writes,
    dModel: first.layer.dModel,
    layers: all.map(one => one.layer),
    notes: [],
  };
}

async function readFolder(files: DictionaryFiles, folder: string) {
  const path = `${files.name}/${folder}`;
  const where = `in ${path.replace(/\/$/, "")}`;
  if (!files.names.includes(`${folder}cfg.json`))
    throw new Problem(`there is a ${weightsName}, and no cfg.json to say what it is`, { where });
  const cfg = await readRecord(files, `${folder}cfg.json`);
  // The hook point is the folder's name: layers.3.mlp, h.3.mlp, layers.3, gpt_neox.layers.3.mlp.
  const match = /(?:^|\/|\.)(?:layers|h)\.(\d+)(\.mlp)?\/?$/.exec(path);
  if (!match) {
    throw new Problem(`"${folder || files.name}" is no hook point that Lucida knows`, {
      where,
      advice: "folders called layers.N.mlp or layers.N",
    });
  }
  const transcode = cfg.transcode === true;
  if (transcode && !match[2]) throw new Problem("a transcoder of a whole layer cannot stand in for its MLP", { where });
  const hook: Hook = match[2] ? "mlp.raw" : "residual.out";
  const k = cfg.k;
  if (typeof k !== "number") throw new Problem("cfg.json does not say how many features are kept (k)", { where });
  const kind = cfg.activation ?? "topk";
  if (kind !== "topk" && kind !== "groupmax")
    throw new Problem(`its activation is ${JSON.stringify(kind)}, which Lucida does not know`, {
      where,
      advice: "one with topk or groupmax",
    });
  const activation: Activation = kind === "topk" ? { kind, k, rectified: true } : { kind, k };
  const name = `${folder}${weightsName}`;
  const weights = await openTensors(await files.open(name), name);
  const layer = await plainLayer(
    weights,
    Number(match[1]),
    name,
    { encoder: "encoder.weight", decoder: "W_dec", encoderBias: "encoder.bias", decoderBias: "b_dec" },
    {
      turned: false,
      activation,
      skip: weights.tensors.has("W_skip") ? await skipOf(weights, "W_skip", name, false) : undefined,
      centred: !transcode,
    },
  );
  return { layer, reads: transcode ? ("mlp.in" as const) : hook, writes: hook, transcode };
}
