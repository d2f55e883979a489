/**
 * Gemma Scope's own folders, without a config.yaml: `layer_L/width_W/average_l0_X/params.npz` (1, Gemma 2) and
 * `…/layer_L_width_W_l0_S[_affine]/{config.json, params.safetensors}` (2, Gemma 3). One folder is one layer.
 */
import { Problem } from "../../core/problem.ts";
import type { Dictionary, DictionaryKind, DictionaryLayer, Hook } from "./dictionary.ts";
import { type DictionaryFiles, readRecord } from "./files.ts";
import { placeNamed } from "./hooks.ts";
import { readLayerFile } from "./native.ts";

export const isScopeFile = (name: string): boolean => /(^|\/)params\.(npz|safetensors)$/.test(name);

/** Throws a Problem when two widths or sparsities of a layer lie there, so that one has to be chosen. */
export async function readGemmaScope(files: DictionaryFiles): Promise<Dictionary> {
  const byLayer = new Map<number, string[]>();
  const path = (name: string) => `${files.name}/${name}`;
  for (const name of files.names.filter(isScopeFile)) {
    const layer = /.*(?:^|[/_])layer_(\d+)(?=[/_])/.exec(path(name))?.[1];
    if (layer === undefined) {
      throw new Problem(`the path of ${name} does not say which layer it is for`, {
        where: `in ${files.name}`,
        advice: "keeping Gemma Scope's folder names (layer_12/width_16k/average_l0_6)",
      });
    }
    byLayer.set(Number(layer), [...(byLayer.get(Number(layer)) ?? []), name]);
  }
  for (const [layer, names] of byLayer) {
    if (names.length > 1) {
      throw new Problem(`there are ${names.length} dictionaries for layer ${layer}, and one has to be chosen`, {
        where: `in ${files.name}: ${names.slice(0, 4).join(", ")}`,
        advice: `${path(names[0]!).replace(/\/params\.\w+$/, "")}, or a config.yaml that lists one file a layer`,
      });
    }
  }
  const parts: { layer: DictionaryLayer; reads: Hook; writes: Hook; kind: DictionaryKind; model?: string }[] = [];
  for (const [layer, [name]] of [...byLayer].sort((a, b) => a[0] - b[0])) {
    const read = await readLayerFile(await files.open(name!), name!, layer);
    const declared = await hooksOf(files, name!);
    parts.push({ layer: read, ...declared });
  }
  const first = parts[0]!;
  const other = parts.find(p => p.reads !== first.reads || p.writes !== first.writes);
  if (other) {
    throw new Problem(
      `layer ${first.layer.layer} reads at ${first.reads} and layer ${other.layer.layer} at ${other.reads}: these are not one dictionary`,
      { where: `in ${files.name}`, advice: "one of its folders" },
    );
  }
  return {
    name: files.name,
    kind: first.layer.outputs > 1 ? "cross-layer" : first.kind,
    format: "Gemma Scope",
    reads: first.reads,
    writes: first.writes,
    dModel: first.layer.dModel,
    layers: parts.map(p => p.layer),
    ...(first.model ? { madeFor: first.model } : {}),
    notes: [],
  };
}

/** From config.json (2), or from what the repository is called (1). */
async function hooksOf(
  files: DictionaryFiles,
  name: string,
): Promise<{ reads: Hook; writes: Hook; kind: DictionaryKind; model?: string }> {
  const config = name.replace(/params\.\w+$/, "config.json");
  if (files.names.includes(config)) {
    const record = await readRecord(files, config);
    const from = record.hf_hook_point_in;
    const to = record.hf_hook_point_out;
    if (typeof from === "string") {
      const where = `in ${config} of ${files.name}`;
      const reads = placeNamed(from, where).hook;
      const writes = typeof to === "string" ? placeNamed(to, where).hook : reads;
      const kind = reads === writes ? "autoencoders" : "transcoders";
      return { reads, writes, kind, ...(typeof record.model_name === "string" ? { model: record.model_name } : {}) };
    }
  }
  const path = `${files.name}/${name}`;
  const [reads, writes]: [Hook, Hook] = /-res\b|resid_post/.test(path)
    ? ["residual.out", "residual.out"]
    : /-mlp\b|mlp_out/.test(path)
      ? ["mlp.out", "mlp.out"]
      : name.endsWith(".npz")
        ? ["normalized", "mlp.out"]
        : ["mlp.in", "mlp.out"];
  if (/-att\b|attn_out/.test(path)) {
    throw new Problem("this dictionary rebuilds what attention heads mix, which Lucida does not use", {
      where: `in ${files.name}`,
      advice: "the transcoders, or the residual ones",
    });
  }
  return { reads, writes, kind: reads === writes ? "autoencoders" : "transcoders" };
}
