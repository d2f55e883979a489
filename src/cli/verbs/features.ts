/**
 * `lucida features`: looking at units.
 *
 *   show 12.345                   what it fires on, promotes, suppresses
 *   like 12.345                   which write the same, which fire in the same texts
 *   find "Golden Gate Bridge"     which fire on a phrase, and whether on the thing or a token
 *   find --on A --off B           which tell two files of texts apart
 *   check --text FOLDER           do the labels predict text that the index has not seen?
 *   label --endpoint URL --ask M  ask a language model for labels; says what it would send and cost, sends after --yes
 */
import { check } from "../features/check.ts";
import { label } from "../features/label.ts";
import { like } from "../features/like.ts";
import { phrase } from "../features/phrase.ts";
import type { FeatureOptions, Scene } from "../features/scene.ts";
import { show } from "../features/show.ts";
import { tell } from "../features/tell.ts";
import { modelFor, modelOption } from "../model.ts";
import { usualIndex, watchedBasis } from "../units.ts";
import { count, several, type Verb, WrongCommand } from "../verb.ts";

const actions: Readonly<Record<string, (scene: Scene, subject: string | undefined) => Promise<void>>> = {
  show,
  like,
  find: (scene, subject) =>
    scene.options.on !== undefined || scene.options.off !== undefined ? tell(scene, subject) : phrase(scene, subject),
  check,
  label,
};

export const verb: Verb<FeatureOptions> = {
  configure(command) {
    modelOption(command)
      .argument("<action>", "show, like, find, check or label")
      .argument(
        "[subject]",
        "a unit as LAYER.INDEX (show, like), a phrase (find), or units with commas between (label)",
      )
      .option("--basis <basis>", "neurons, or a dictionary: a folder or owner/name", "neurons")
      .option("--index <folder>", "an index made by lucida index --out; the usual place when left out")
      .option("--on <file>", "find: texts where the unit should fire, one a line")
      .option("--off <file>", "find: texts where it should not")
      .option("--also <text>", "find a phrase: the same thing in other words", several, [])
      .option("--in <text>", "find a phrase: the same thing in another language", several, [])
      .option(
        "--concept <file>",
        "find a phrase: JSON with paraphrase, language, words and other, each a list of texts",
      )
      .option("--text <path>", "check: text that the index has not seen", several, [])
      .option("--top <n>", "how many units to show", count(1, 1000), 10)
      .option(
        "--units <n>",
        "check: how many labelled units (200); label: how many without one (20)",
        count(2, 100_000),
      )
      .option("--tokens <n>", "check: most tokens to read", count(100, 1e8), 10_000)
      .option("--endpoint <url>", "label: an OpenAI-compatible endpoint; its key is read from LUCIDA_ENDPOINT_KEY")
      .option("--ask <name>", "label: the model there that is asked")
      .option("--price <in,out>", "label: what a million tokens cost there, to say what it will come to")
      .option("--yes", "label: send the questions; without it they are only shown", false)
      .option("--seed <n>", "of halves, resampling and choice", count(0), 0)
      .option("--out <file>", "show: also write a page, .html");
  },
  async run(options, context) {
    const [name, subject] = context.args;
    const action = actions[name ?? ""];
    if (!action)
      throw new WrongCommand(`"${name}" is nothing that features can do`, {
        advice: "show, like, find, check or label",
      });
    if (options.out !== undefined && (name !== "show" || !options.out.endsWith(".html")))
      throw new WrongCommand("--out writes the page of one unit, as .html", { advice: "show 12.345 --out unit.html" });
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const open = await openModel(found);
    try {
      const { watched, close } = await watchedBasis(options.basis, open, context);
      try {
        const folder = options.index ?? (await usualIndex(found, options.basis, open, watched));
        await action({ open, watched, folder, options, context }, subject);
      } finally {
        await close();
      }
    } finally {
      await open.close();
    }
  },
};
