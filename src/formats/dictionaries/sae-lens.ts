/**
 * SAELens: a folder with `cfg.json` and `sae_weights.safetensors` for each layer; W_enc is [dModel, features]. Older
 * files keep hooks and options at the top of cfg.json, newer ones under `metadata`. What training leaves to be folded
 * (batch top-k, decoder norms) is folded when the library saves for use; what is not folded is refused in words.
 */
import { Problem } from "../../core/problem.ts";
import { isRecord } from "../json.ts";
import type { Activation, Dictionary, DictionaryLayer, Hook } from "./dictionary.ts";
import { type DictionaryFiles, openTensors, readRecord } from "./files.ts";
import { placeNamed } from "./hooks.ts";
import { plainLayer, skipOf, vectorOf } from "./layer.ts";
import { rowNorms, scaledRows } from "./matrix.ts";

const weightsName = "sae_weights.safetensors";
export const isSaeLens = (name: string): boolean => /(^|\/)sae_weights\.safetensors$/.test(name);

interface Read {
  readonly layer: DictionaryLayer;
  readonly reads: Hook;
  readonly writes: Hook;
  readonly transcoder: boolean;
  readonly model: string | undefined;
}

/** Throws a Problem for architectures and normalisations that are not supported, and says which. */
export async function readSaeLens(files: DictionaryFiles): Promise<Dictionary> {
  const folders = files.names.filter(isSaeLens).map(name => name.slice(0, -weightsName.length));
  const all: Read[] = [];
  for (const folder of folders) all.push(await readFolder(files, folder));
  all.sort((a, b) => a.layer.layer - b.layer.layer);
  const first = all[0]!;
  for (let i = 1; i < all.length; i++) {
    const one = all[i]!;
    const where = `in ${files.name}`;
    if (one.layer.layer === all[i - 1]!.layer.layer)
      throw new Problem(`two of the ${all.length} dictionaries are for layer ${one.layer.layer}`, {
        where,
        advice: `one of ${folders.slice(0, 4).join(", ")}`,
      });
    if (one.reads !== first.reads || one.writes !== first.writes)
      throw new Problem(
        `layer ${first.layer.layer} reads at ${first.reads} and layer ${one.layer.layer} at ${one.reads}: these are not one dictionary`,
        { where },
      );
  }
  return {
    name: files.name,
    kind: first.transcoder ? "transcoders" : "autoencoders",
    format: "SAELens",
    reads: first.reads,
    writes: first.writes,
    dModel: first.layer.dModel,
    layers: all.map(one => one.layer),
    ...(first.model ? { madeFor: first.model } : {}),
    notes: [],
  };
}

/** Features as if each decoder row had length 1: activations times its length, rows over it. */
async function foldNorms(layer: DictionaryLayer): Promise<DictionaryLayer> {
  const norms = await rowNorms(layer.decoder);
  const none = norms.findIndex(v => !(v > 0));
  if (none >= 0)
    throw new Problem(
      `the decoder row of feature ${none} has the length ${norms[none]}, by which activations are divided`,
      {
        where: `in ${layer.decoder.name}`,
      },
    );
  return {
    ...layer,
    encoder: scaledRows(layer.encoder, norms),
    encoderBias: layer.encoderBias.map((v, i) => v * norms[i]!),
    decoder: scaledRows(
      layer.decoder,
      norms.map(v => 1 / v),
    ),
  };
}

async function readFolder(files: DictionaryFiles, folder: string): Promise<Read> {
  const where = `in ${folder}cfg.json of ${files.name}`;
  if (!files.names.includes(`${folder}cfg.json`)) {
    throw new Problem(`there is a ${weightsName}, and no cfg.json to say what it is`, { where: `in ${files.name}` });
  }
  const cfg = await readRecord(files, `${folder}cfg.json`);
  const metadata = isRecord(cfg.metadata) ? cfg.metadata : {};
  const setting = (key: string): unknown => cfg[key] ?? metadata[key];
  const text = (key: string): string | undefined => {
    const value = setting(key);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const refuse = (what: string, advice: string): Problem => new Problem(what, { where, advice });

  const architecture = text("architecture") ?? "standard";
  const name = `${folder}${weightsName}`;
  const weights = await openTensors(await files.open(name), name);
  const activation = await activationFor();
  const normalised = text("normalize_activations") ?? "none";
  if (normalised !== "none") {
    throw refuse(
      `its input is normalised by "${normalised}" first, which Lucida does not do`,
      "folding it: sae.fold_activation_norm_scaling_factor(...) in SAELens, then saving again",
    );
  }
  if ((text("reshape_activations") ?? "none") !== "none")
    throw refuse(
      "it reads attention heads side by side (hook_z), which Lucida does not",
      "a residual or MLP dictionary",
    );
  const rescaled = setting("rescale_acts_by_decoder_norm") === true;
  if (rescaled && activation.kind !== "topk")
    throw refuse(
      `its activations are rescaled by the decoder's norms, which for ${architecture} Lucida does not do`,
      "folding them: sae.fold_W_dec_norm() in SAELens, then saving again",
    );
  const hookName = text("hook_name") ?? text("hook_point");
  if (!hookName) throw refuse("cfg.json does not say where it reads (hook_name)", "saving it again with its metadata");
  const from = placeNamed(hookName, where);
  const outName = text("hook_name_out");
  const transcoder = architecture.includes("transcoder") || outName !== undefined;
  if (transcoder && !outName)
    throw refuse("cfg.json does not say where it writes (hook_name_out)", "adding it under metadata");
  const to = outName ? placeNamed(outName, where) : from;
  const layerNumber = from.layer ?? setting("hook_layer");
  if (typeof layerNumber !== "number") throw refuse(`"${hookName}" does not name a layer`, "blocks.N. before the hook");
  if (to.layer !== undefined && to.layer !== layerNumber)
    throw refuse(`it reads at layer ${layerNumber} and writes at layer ${to.layer}`, "a transcoder of one layer's MLP");
  const skip = weights.tensors.has("W_skip") ? await skipOf(weights, "W_skip", name, false) : undefined;
  const read = await plainLayer(
    weights,
    layerNumber,
    name,
    { encoder: "W_enc", decoder: "W_dec", encoderBias: "b_enc", decoderBias: "b_dec" },
    // The library's own default is true, for autoencoders; transcoders never do it.
    { turned: true, activation, skip, centred: !transcoder && setting("apply_b_dec_to_input") !== false },
  );
  const layer = rescaled ? await foldNorms(read) : read;
  return { layer, reads: from.hook, writes: to.hook, transcoder, model: text("model_name") };

  async function activationFor(): Promise<Activation> {
    const threshold = weights.tensors.has("threshold") ? await vectorOf(weights, "threshold", name) : undefined;
    const plain = architecture.replace(/_?(skip_)?transcoder$/, "") || "standard";
    switch (plain) {
      case "standard": {
        const named = text("activation_fn") ?? text("activation_fn_str") ?? "relu";
        if (named === "relu") return { kind: "relu" };
        if (!/^topk/.test(named)) throw refuse(`its activation is "${named}"`, "one with relu, topk or jumprelu");
        return topk();
      }
      case "jumprelu":
      case "batchtopk":
      case "matryoshka_batchtopk":
        if (threshold) return { kind: "jumprelu", threshold };
        throw refuse(
          `it is of the architecture ${architecture}, but has no thresholds`,
          "saving it for inference: sae.save_inference_model(folder) in SAELens folds them",
        );
      case "topk":
        return topk();
      default:
        throw refuse(
          `it is of the architecture "${architecture}", which Lucida does not know`,
          "one of standard, jumprelu, topk, transcoder, jumprelu_transcoder, skip_transcoder",
        );
    }
  }

  function topk(): Activation {
    const options = setting("activation_fn_kwargs");
    const k = setting("k") ?? (isRecord(options) ? options.k : undefined);
    if (typeof k !== "number") throw refuse("cfg.json does not say how many features are kept (k)", "adding k");
    return { kind: "topk", k, rectified: true };
  }
}
