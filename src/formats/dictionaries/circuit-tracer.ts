/**
 * circuit-tracer's sets: a `config.yaml` that says which hooks, and one or two files a layer, beside it or elsewhere on
 * the hub.
 */
import { parse } from "yaml";
import { Problem } from "../../core/problem.ts";
import { isRecord } from "../json.ts";
import type { Dictionary, DictionaryLayer } from "./dictionary.ts";
import { type DictionaryFiles, isPickle, parseElsewhere, pickle, readText } from "./files.ts";
import { placeNamed } from "./hooks.ts";
import { type Declared, readCrossLayer, readLayerFile } from "./native.ts";

export const configName = "config.yaml";

/** Throws a Problem for a config that lacks something, and for layers that are not there. */
export async function readCircuitTracer(files: DictionaryFiles): Promise<Dictionary> {
  const where = `in ${configName} of ${files.name}`;
  const config = await readConfig(files, where);
  const text = (key: string): string => {
    const value = config[key];
    if (typeof value === "string" && value !== "") return value;
    throw new Problem(`config.yaml says ${key}: ${JSON.stringify(value) ?? "nothing"}, and a name is needed`, {
      where,
    });
  };
  const kind = text("model_kind");
  if (kind !== "transcoder_set" && kind !== "cross_layer_transcoder") {
    throw new Problem(`config.yaml is of the kind "${kind}", which is not known here`, {
      where,
      advice: "transcoder_set or cross_layer_transcoder",
    });
  }
  const reads = placeNamed(text("feature_input_hook"), where).hook;
  const writes = placeNamed(text("feature_output_hook"), where).hook;
  const k = config.k;
  const declared: Declared = {
    activation: typeof config.activation === "string" ? config.activation : undefined,
    k: typeof k === "number" ? k : undefined,
  };
  const layers =
    kind === "cross_layer_transcoder" && config.transcoders === undefined
      ? await crossLayers(files, declared)
      : await setLayers(files, config.transcoders, declared, where);
  checkOutputs(layers, kind === "cross_layer_transcoder", files.name);
  return {
    name: files.name,
    kind: kind === "transcoder_set" ? "transcoders" : "cross-layer",
    format: "circuit-tracer",
    reads,
    writes,
    dModel: layers[0]!.dModel,
    layers,
    ...(typeof config.model_name === "string" ? { madeFor: config.model_name } : {}),
    notes: [],
  };
}

async function readConfig(files: DictionaryFiles, where: string): Promise<Record<string, unknown>> {
  let config: unknown;
  try {
    // Aliases that unfold a thousandfold are the known attack on readers of YAML; no config here has any.
    config = parse(await readText(files, configName), { maxAliasCount: 10 });
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    const reason = cause instanceof Error ? cause.message.split("\n")[0]! : "";
    throw new Problem("config.yaml is not YAML", { where: `${where}: ${reason}`, cause });
  }
  if (isRecord(config)) return config;
  throw new Problem("config.yaml is not a table of settings", { where });
}

/** layer_0.safetensors …, or the files that the config lists. */
async function setLayers(
  files: DictionaryFiles,
  listed: unknown,
  declared: Declared,
  where: string,
): Promise<DictionaryLayer[]> {
  if (listed !== undefined) {
    if (!Array.isArray(listed) || listed.length === 0 || !listed.every(one => typeof one === "string"))
      throw new Problem("config.yaml lists its transcoders as something else than file names", { where });
    return Promise.all(
      (listed as string[]).map(async (uri, layer) => {
        if (isPickle(uri.replace(/\?.*$/, ""))) throw pickle(uri, files.name);
        if (!uri.startsWith("hf://")) return readLayerFile(await openListed(files, uri), uri, layer, declared);
        const reference = parseElsewhere(uri);
        if (!files.elsewhere) {
          throw new Problem(`layer ${layer} lies in another repository, and only this folder can be read here`, {
            where: `${where}: ${uri}`,
            advice: "putting its file into the folder, and naming that in config.yaml",
          });
        }
        return readLayerFile(await files.elsewhere(reference), reference.file, layer, declared);
      }),
    );
  }
  const count = countOf(files, /^layer_(\d+)\.safetensors$/, n => `layer_${n}.safetensors`, where);
  return Promise.all(
    Array.from({ length: count }, async (_, layer) => {
      const name = `layer_${layer}.safetensors`;
      return readLayerFile(await files.open(name), name, layer, declared);
    }),
  );
}

function openListed(files: DictionaryFiles, name: string) {
  const plain = name.replace(/^\.\//, "");
  if (files.names.includes(plain)) return files.open(plain);
  throw new Problem(`config.yaml names ${name}, which is not there`, {
    where: `in ${files.name}`,
    advice: "copying all files of the dictionary, or fetching it again",
  });
}

async function crossLayers(files: DictionaryFiles, declared: Declared): Promise<DictionaryLayer[]> {
  const where = `in ${files.name}`;
  const count = countOf(files, /^W_enc_(\d+)\.safetensors$/, n => `W_enc_${n}.safetensors`, where);
  const decoders = countOf(files, /^W_dec_(\d+)\.safetensors$/, n => `W_dec_${n}.safetensors`, where);
  if (decoders !== count) throw new Problem(`there are ${count} encoders and ${decoders} decoders`, { where });
  return Promise.all(
    Array.from({ length: count }, async (_, layer) =>
      readCrossLayer(
        await files.open(`W_enc_${layer}.safetensors`),
        await files.open(`W_dec_${layer}.safetensors`),
        layer,
        declared,
      ),
    ),
  );
}

/** How many layers there are; a Problem when one in between is missing, or there are none. */
function countOf(files: DictionaryFiles, shape: RegExp, name: (layer: number) => string, where: string): number {
  const layers = files.names.flatMap(file => {
    const match = shape.exec(file);
    return match ? [Number(match[1])] : [];
  });
  if (layers.length === 0) {
    const pickled = files.names.find(isPickle);
    if (pickled) throw pickle(pickled, files.name);
    throw new Problem(`there is no ${name(0)}`, {
      where,
      advice: "the folder that holds config.yaml and all its layers",
    });
  }
  const count = Math.max(...layers) + 1;
  const have = new Set(layers);
  const missing = Array.from({ length: count }, (_, i) => i).filter(i => !have.has(i));
  if (missing.length > 0) {
    throw new Problem(`${name(missing[0]!)} is missing, while ${name(count - 1)} is there`, {
      where,
      advice: "copying all files of the dictionary, or fetching it again",
    });
  }
  return count;
}

/** Every layer writes to as many layers as it should. */
function checkOutputs(layers: readonly DictionaryLayer[], cross: boolean, name: string): void {
  layers.forEach(({ layer, outputs, dModel }) => {
    const wrong = (what: string) => new Problem(what, { where: `at layer ${layer}, in ${name}` });
    if (dModel !== layers[0]!.dModel)
      throw wrong(`the features are ${dModel} wide, at layer 0 they are ${layers[0]!.dModel}`);
    const expected = cross ? layers.length - layer : 1;
    if (outputs !== expected)
      throw wrong(
        cross
          ? `the decoder writes to ${outputs} layers, and ${expected} are left from here to the last of ${layers.length}`
          : `the decoder writes ${outputs * dModel} numbers, and the model is ${dModel} wide`,
      );
  });
}
