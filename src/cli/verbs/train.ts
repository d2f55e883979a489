/**
 * `lucida train specimen`: the embedded model and its siblings. `lucida train dictionary`: features for a model.
 * Both report as they learn; Ctrl-C keeps what there is, and --resume goes on to the same weights.
 */
import type { DictionaryOptions } from "../train/dictionary.ts";
import type { SpecimenOptions } from "../train/specimen.ts";
import { count, number, several, type Verb, WrongCommand } from "../verb.ts";

type Options = SpecimenOptions & DictionaryOptions;

/** Options that mean something for one recipe alone. */
const only: Readonly<Record<string, readonly string[]>> = {
  specimen: ["size", "motive", "shareConcepts", "fewUnits", "onward"],
  dictionary: [
    "model",
    "kind",
    "layers",
    "features",
    "active",
    "activation",
    "skip",
    "tokens",
    "batch",
    "corpus",
    "text",
    "share",
    "finish",
    "errors",
    "rebuild",
    "answers",
  ],
};

const flag = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

export const verb: Verb<Options> = {
  configure(command) {
    command
      .argument("<what>", "specimen: the small model that Lucida brings along; dictionary: features for a model")
      .option("--seed <n>", "of weights and corpus: the same seed gives the same result", count(0), 1)
      .option("--minutes <n>", "as much as fits, by the speed of the first steps", number(0.1))
      .option("--rate <n>", "the highest learning rate", number(1e-6, 1))
      .option("--out <folder>", "where the result goes (a folder named after it when left out)")
      .option(
        "--from <folder>",
        "what to go on from: a trained specimen, or a dictionary (more --tokens, a --finish, or both)",
      )
      .option("--resume", "go on with the run that was interrupted there")
      .optionsGroup("Of a specimen:")
      .option("--size <size>", "quarter, standard, large: parameters, relative to the embedded one (standard)")
      .option("--steps <n>", "batches of 1,920 tokens (14,000)", count(1))
      .option("--motive", "plant the hidden motive of the twin, for blind audits")
      .option("--share-concepts", "name the concepts of its words while it learns: one code for three languages")
      .option("--few-units <weight>", "pull every MLP towards few units at a time; 0.05 is strong", number(0, 10))
      .option("--onward <what>", "what a run --from a trained specimen is for: code, languages (code)")
      .optionsGroup("Of a dictionary:")
      .option("--model <model>", "specimen, a folder, a .gguf file, or owner/name[@revision] of the hub (specimen)")
      .option("--kind <kind>", "transcoders, cross-layer, or autoencoders of the residual stream (transcoders)")
      .option("--layers <list>", "all, or some: 3,10 or 0-5 (all)")
      .option("--features <n>", "of a layer (eight times the model's width)", count(2, 1_000_000))
      .option("--active <n>", "features of a layer that a token may use (32)", count(1, 10_000))
      .option("--activation <kind>", "topk, or jumprelu: thresholds that are learnt (topk)")
      .option("--no-skip", "no linear path beside the features")
      .option("--tokens <n>", "to learn from: 4000000, 4M, 500k (4M)")
      .option("--batch <n>", "tokens of a step (2048)", count(16, 65_536))
      .option("--text <path>", "a file or folder of text or JSONL; the built-in sample when left out", several, [])
      .option("--corpus <name>", "specimen: what the specimen was trained on (its default); sample: public text")
      .option("--finish <n>", "then all layers together in the place of all MLPs, for so many tokens: 500k, 1M (none)")
      .option(
        "--errors <times>",
        "in the finish, another text's errors beside the features, so many times (0)",
        number(0, 4),
      )
      .option(
        "--rebuild <n>",
        "in the finish, what writing as the MLPs do counts beside the next token (1)",
        number(0, 100),
      )
      .option(
        "--answers <share>",
        "in the finish, of so many of the specimen's questions only the answer counts (0)",
        number(0, 1),
      )
      .option("--share <task=n>", "of the specimen's corpus: show a task n times as often", several, []);
  },
  async run(options, context) {
    const what = context.args[0]!;
    if (!Object.hasOwn(only, what)) {
      throw new WrongCommand(`there is no recipe for "${what}"`, {
        advice: "lucida train specimen, or lucida train dictionary",
      });
    }
    const other = what === "specimen" ? "dictionary" : "specimen";
    for (const name of only[other]!) {
      const value = (options as unknown as Record<string, unknown>)[name];
      const unset =
        value === undefined || (name === "skip" && value === true) || (Array.isArray(value) && value.length === 0);
      if (!unset)
        throw new WrongCommand(`--${flag(name)} is no option of lucida train ${what}`, {
          advice: "lucida train --help",
        });
    }
    if (what === "specimen") await (await import("../train/specimen.ts")).trainSpecimen(options, context);
    else await (await import("../train/dictionary.ts")).trainDictionaryVerb(options, context);
  },
};
