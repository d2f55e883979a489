/**
 * Does a dictionary belong to a model? What can be told before a run: width, layers, hooks, kind.
 */
import { Problem } from "../../core/problem.ts";
import type { Dictionary, Hook } from "../../formats/dictionaries/dictionary.ts";
import type { Model } from "../../models/model.ts";

const inputs: readonly Hook[] = ["mid", "normalized", "mlp.in"];
const outputs: readonly Hook[] = ["mlp.raw", "mlp.out"];

/** Throws a Problem when the widths or layers differ. */
export function assertFits(dictionary: Dictionary, model: Model): void {
  const where = `dictionary ${dictionary.name}, model ${model.name}`;
  const advice = dictionary.madeFor
    ? `--model ${dictionary.madeFor}, for which this dictionary was made`
    : `a dictionary made for ${model.name}`;
  const { dModel } = model.config;
  for (const layer of dictionary.layers) {
    if (layer.dModel !== dModel) {
      throw new Problem(`the features are ${layer.dModel} wide, but the residual stream here is ${dModel}`, {
        where: `at layer ${layer.layer}, ${where}`,
        advice,
      });
    }
  }
  const last = dictionary.layers.at(-1)!.layer;
  if (last >= model.layers) {
    throw new Problem(`the dictionary reaches layer ${last}, and the model ends with layer ${model.layers - 1}`, {
      where,
      advice,
    });
  }
}

/** What models are called, family by family: only names that leave no doubt. */
const families: readonly (readonly [RegExp, string])[] = [
  [/gpt-?2/i, "gpt2"],
  [/pythia|neox/i, "gpt_neox"],
  [/gemma-?v?3/i, "gemma3"],
  [/gemma-?v?2(?!b)/i, "gemma2"],
  [/qwen-?3/i, "qwen3"],
  [/qwen-?2/i, "qwen2"],
  [/llama|smollm|mistral/i, "llama"],
];

/** Throws a Problem when the dictionary names a model of another family: shapes may agree by chance. */
function assertSameFamily(dictionary: Dictionary, model: Model): void {
  const { madeFor } = dictionary;
  const named = madeFor && families.find(([shape]) => shape.test(madeFor))?.[1];
  const here = model.config.family.name;
  if (!named || named === here || !families.some(([, family]) => family === here)) return;
  throw new Problem(`the dictionary was made for ${madeFor}, a ${named} model, and ${model.name} is a ${here} model`, {
    where: `dictionary ${dictionary.name}`,
    advice: `--model ${madeFor}, or a dictionary made for ${model.name}`,
  });
}

/** Throws a Problem when no circuit can be traced through it: autoencoders, missing layers, other hooks. */
export function assertTraceable(dictionary: Dictionary, model: Model): void {
  assertFits(dictionary, model);
  assertSameFamily(dictionary, model);
  const where = `dictionary ${dictionary.name}, model ${model.name}`;
  if (dictionary.kind === "autoencoders") {
    throw new Problem(
      `this dictionary rebuilds what it reads (${dictionary.reads}), so it stands in for no MLP and no circuit can be traced in it`,
      { where, advice: "a dictionary of transcoders, or --basis neurons; this one is for looking and steering" },
    );
  }
  if (!inputs.includes(dictionary.reads) || !outputs.includes(dictionary.writes)) {
    throw new Problem(
      `it reads at ${dictionary.reads} and writes at ${dictionary.writes}; a circuit needs features that read what an MLP reads and write what it writes`,
      { where, advice: `one that reads at ${inputs.join(", ")} and writes at ${outputs.join(" or ")}` },
    );
  }
  const have = new Set(dictionary.layers.map(layer => layer.layer));
  const missing = Array.from({ length: model.layers }, (_, i) => i).filter(layer => !have.has(layer));
  if (missing.length > 0) {
    const some = missing.slice(0, 6).join(", ") + (missing.length > 6 ? ", …" : "");
    throw new Problem(
      `the dictionary has ${dictionary.layers.length} layers and the model ${model.layers}: ${missing.length === 1 ? "layer" : "layers"} ${some} ${missing.length === 1 ? "is" : "are"} missing`,
      { where, advice: "a dictionary of all layers, or --basis neurons" },
    );
  }
}
