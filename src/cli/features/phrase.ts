/** `features find "Golden Gate Bridge"`: the units for a phrase, and whether they mean the thing, the phrase or a token. */
import { Problem } from "../../core/problem.ts";
import { parseJson } from "../../formats/json.ts";
import { WrongCommand } from "../verb.ts";
import { labelsOf, type Scene } from "./scene.ts";
import { encoded, linesOf, peaks } from "./texts.ts";

interface Concept {
  readonly phrase?: string;
  readonly paraphrase?: readonly string[];
  readonly language?: readonly string[];
  readonly words?: readonly string[];
  readonly other?: readonly string[];
  readonly otherLanguage?: readonly string[];
}

async function concept(path: string): Promise<Concept> {
  const value = parseJson((await linesOf(path)).join("\n"), path);
  const fine =
    typeof value === "object" &&
    value !== null &&
    Object.entries(value).every(([key, v]) =>
      key === "phrase"
        ? typeof v === "string"
        : ["paraphrase", "language", "words", "other", "otherLanguage"].includes(key) &&
          Array.isArray(v) &&
          v.every(text => typeof text === "string"),
    );
  if (fine) return value as Concept;
  throw new Problem(
    "this is no concept: an object with phrase (a text) and paraphrase, language, words, other (lists of texts)",
    {
      where: `in ${path}`,
    },
  );
}

export async function phrase(scene: Scene, subject: string | undefined): Promise<void> {
  const { options, context, open } = scene;
  const given = options.concept === undefined ? {} : await concept(options.concept);
  const what = subject ?? given.phrase;
  if (what === undefined || what.trim() === "")
    throw new WrongCommand("find takes a phrase, or --on and --off", { advice: 'find "Golden Gate Bridge"' });
  const { carried, conceptsByChance, conceptUnits, groups } = await import("../../features/search/concept.ts");
  const texts = carried(what, {
    ...given,
    paraphrase: [...(given.paraphrase ?? []), ...options.also],
    language: [...(given.language ?? []), ...options.in],
  });
  const of = groups.flatMap(g => texts[g].map(() => g));
  const found = await peaks(
    scene,
    encoded(
      groups.flatMap(g => texts[g]),
      open,
      "the search",
    ),
  );
  const units = conceptUnits(found, of, options.top, options.seed);
  const labels = await labelsOf(scene);
  const chance = texts.paraphrase.length + texts.language.length > 0 ? conceptsByChance(found, of, options.seed) : 0;
  const left = (["paraphrase", "language"] as const).reduce(
    (sum, g) =>
      sum + (given[g]?.length ?? 0) + (g === "paraphrase" ? options.also : options.in).length - texts[g].length,
    0,
  );
  context.result({
    phrase: what,
    conceptsByChance: chance,
    leftOut: left,
    texts: Object.fromEntries(groups.map(g => [g, texts[g].length])),
    units,
  });
  const { color } = context;
  const counts = groups.filter(g => texts[g].length > 0).map(g => `${texts[g].length} ${g}`);
  context.out(`${JSON.stringify(what)}: ${counts.join(", ")}`);
  if (texts.paraphrase.length + texts.language.length === 0)
    context.out(
      color.dim(
        "no paraphrases or translations were given, so a concept can't be told from a phrase: --also, --in or --concept",
      ),
    );
  if (left > 0) context.out(color.dim(`${left} texts were left out: they repeat two words of the phrase`));
  if (units.length === 0) {
    context.out("no unit tells the mention from other phrases");
    return;
  }
  context.out("");
  context.out(color.bold("  unit        end   means     mention  paraphrase  language  words    label"));
  const cell = (v: number | undefined, width: number) => (v === undefined ? "–" : v.toFixed(2)).padStart(width);
  for (const u of units)
    context.out(
      `  ${`${u.layer}.${u.index}`.padEnd(11)} ${u.end.padEnd(5)} ${u.means.padEnd(8)} ${cell(u.auroc.mention, 8)} ${cell(u.auroc.paraphrase, 11)} ${cell(u.auroc.language, 9)} ${cell(u.auroc.words, 6)}    ${labels.get(`${u.layer}.${u.index}`)?.[0] ?? ""}`,
    );
  context.out("");
  const all = conceptUnits(found, of, Number.POSITIVE_INFINITY).filter(u => u.means === "concept").length;
  const named = (means: string) => units.filter(u => u.means === means).length;
  context.out(
    named("concept") > 0
      ? `${all} units fire on the thing in other words too`
      : named("token") === units.length
        ? "only tokens matter: each of these fires on the words alone, in another sense"
        : "none of these fires on the thing in other words",
  );
  if (chance > 0 || named("concept") > 0)
    context.out(color.dim(`texts dealt to the groups by lot give ${chance.toFixed(1)} units that fire on the thing`));
  context.out(
    color.dim(
      "AUROC against other phrases. Chosen among all units on few texts: try the best on texts of your own (--on, --off)",
    ),
  );
}
