/**
 * Reads a dictionary in whatever format its files are in: the names tell which.
 */
import { Problem } from "../../core/problem.ts";
import { configName, readCircuitTracer } from "./circuit-tracer.ts";
import type { Dictionary } from "./dictionary.ts";
import { type DictionaryFiles, isPickle, pickle } from "./files.ts";
import { isScopeFile, readGemmaScope } from "./gemma-scope.ts";
import { isSaeLens, readSaeLens } from "./sae-lens.ts";
import { isSparsify, readSparsify } from "./sparsify.ts";

/** What `lucida train dictionary` keeps in its folder until the dictionary is finished. */
const isUnfinished = (name: string): boolean => name === "training.checkpoint" || name.startsWith("activations/");

/** Headers, biases and thresholds are read now, matrices later. Throws a Problem when no format is recognised. */
export async function readDictionary(files: DictionaryFiles): Promise<Dictionary> {
  const { names } = files;
  if (names.some(isUnfinished)) {
    throw new Problem("a training run was interrupted here, and the dictionary is not finished", {
      where: `in ${files.name}`,
      advice: "the lucida train dictionary that began it, with --resume",
    });
  }
  if (names.includes(configName)) return readCircuitTracer(files);
  if (names.some(isSaeLens)) return readSaeLens(files);
  if (names.some(isSparsify)) return readSparsify(files);
  if (names.some(isScopeFile)) return readGemmaScope(files);
  const pickled = names.find(isPickle);
  if (pickled) throw pickle(pickled, files.name);
  const bare = names.find(name => /^(layer_|W_enc_)\d+\.safetensors$/.test(name));
  if (bare) {
    throw new Problem(`there is ${bare}, and no config.yaml to say where it reads and writes`, {
      where: `in ${files.name}`,
      advice: "a config.yaml with model_kind, feature_input_hook and feature_output_hook",
    });
  }
  throw new Problem("there is no dictionary here", {
    where: `in ${files.name}, which holds ${names.slice(0, 6).join(", ") || "nothing"}`,
    advice: "a folder with config.yaml, cfg.json or params.npz: see lucida models",
  });
}
