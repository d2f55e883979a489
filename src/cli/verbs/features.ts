/**
 * `lucida features`: looking at units.
 *
 *   show 12.345                   what it fires on, promotes, suppresses
 *   like 12.345                   which write the same, which fire in the same texts
 *   find "Golden Gate Bridge"     which fire on a phrase, and whether on the thing or a token
 *   find --on A --off B           which tell two files of texts apart
 *   check --text FOLDER           do the labels predict text that the index has not seen?
 */
import { readFile } from "node:fs/promises";
import { Problem } from "../../core/problem.ts";
import type { UnitRecord } from "../../features/index/record.ts";
import type { Watched } from "../../features/index/watched.ts";
import type { Candidate } from "../../features/search/tell-apart.ts";
import { parseJson } from "../../formats/json.ts";
import type { FeatureIndex } from "../../store/feature-index.ts";
import type { OpenModel } from "../../store/open-model.ts";
import { modelFor, modelOption } from "../model.ts";
import { bosOf, indexFolder, unitNamed, watchedBasis } from "../units.ts";
import { type Context, count, several, type Verb, WrongCommand } from "../verb.ts";

interface Options {
  readonly model: string;
  readonly basis: string;
  readonly index?: string;
  readonly on?: string;
  readonly off?: string;
  readonly also: readonly string[];
  readonly in: readonly string[];
  readonly concept?: string;
  readonly text: readonly string[];
  readonly top: number;
  readonly units: number;
  readonly tokens: number;
  readonly seed: number;
  readonly out?: string;
}

/** What every action works with. */
interface Scene {
  readonly open: OpenModel;
  readonly watched: Watched;
  readonly folder: string;
  readonly options: Options;
  readonly context: Context;
}

const actions: Readonly<Record<string, (scene: Scene, subject: string | undefined) => Promise<void>>> = {
  show,
  like,
  find: (scene, subject) =>
    scene.options.on !== undefined || scene.options.off !== undefined ? tell(scene, subject) : phrase(scene, subject),
  check,
};

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(command)
      .argument("<action>", "show, like, find or check")
      .argument("[subject]", "a unit as LAYER.INDEX (show, like), or a phrase (find)")
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
      .option("--units <n>", "check: how many labelled units", count(2, 100_000), 200)
      .option("--tokens <n>", "check: most tokens to read", count(100, 1e8), 10_000)
      .option("--seed <n>", "of halves, resampling and choice", count(0), 0)
      .option("--out <file>", "show: also write a page, .html");
  },
  async run(options, context) {
    const [name, subject] = context.args;
    const action = actions[name ?? ""];
    if (!action)
      throw new WrongCommand(`"${name}" is nothing that features can do`, { advice: "show, like, find or check" });
    if (options.out !== undefined && (name !== "show" || !options.out.endsWith(".html")))
      throw new WrongCommand("--out writes the page of one unit, as .html", { advice: "show 12.345 --out unit.html" });
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const open = await openModel(found);
    try {
      const { watched, close } = await watchedBasis(options.basis, open, context);
      try {
        const folder = options.index ?? indexFolder(found, options.basis);
        await action({ open, watched, folder, options, context }, subject);
      } finally {
        await close();
      }
    } finally {
      await open.close();
    }
  },
};

function tokenizerOf({ model, tokenizer }: OpenModel) {
  if (tokenizer) return tokenizer;
  throw new Problem(`${model.name} has no tokenizer, so texts cannot be read or shown`, {
    advice: "a model with tokenizer.json beside its weights",
  });
}

/** The index of this model and basis. Throws a Problem when it is of another. */
async function indexOf({ folder, watched, open }: Scene): Promise<FeatureIndex> {
  const { openIndex } = await import("../../store/feature-index.ts");
  const index = await openIndex(folder);
  const { manifest } = index;
  const fits =
    manifest.basis === watched.name &&
    manifest.model.dModel === open.model.config.dModel &&
    manifest.model.layers === open.model.layers &&
    manifest.model.vocabulary === open.model.config.vocabulary;
  if (fits) return index;
  await index.close();
  throw new Problem(
    `the index is of ${manifest.model.name} (${manifest.basis}), and this is ${open.model.name} (${watched.name})`,
    { where: `at ${folder}`, advice: "--model and --basis as they were when the index was built" },
  );
}

/** Texts of all windows of a record. */
async function textsOf(index: FeatureIndex, record: UnitRecord, open: OpenModel) {
  const tokenizer = tokenizerOf(open);
  const texts = new Map<number, string[]>();
  for (const { window } of [...record.top, ...record.low, ...record.spread.flatMap(s => s.examples)])
    if (!texts.has(window))
      texts.set(
        window,
        (await index.window(window)).map(id => tokenizer.token(id)),
      );
  return (window: number) => texts.get(window) ?? [];
}

async function show(scene: Scene, subject: string | undefined): Promise<void> {
  const { options, context, open } = scene;
  const unit = unitNamed(subject);
  const index = await indexOf(scene);
  try {
    const record = await index.unit(unit.layer, unit.index);
    const texts = await textsOf(index, record, open);
    const { unitLines, unitPage } = await import("../unit-card.ts");
    const tokens = index.manifest.tokens;
    if (options.out !== undefined) {
      const { writeBeside } = await import("../../store/write-beside.ts");
      await writeBeside(options.out, unitPage(record, texts, tokens, open.model.name), { signal: context.signal });
      context.note(`wrote ${options.out}`);
    }
    const told = (examples: UnitRecord["top"]) => examples.map(x => ({ ...x, tokens: texts(x.window) }));
    context.result({
      ...record,
      top: told(record.top),
      low: told(record.low),
      spread: record.spread.map(s => ({ ...s, examples: told(s.examples) })),
    });
    for (const line of unitLines(record, texts, tokens, context.width, context.color)) context.out(line);
  } finally {
    await index.close();
  }
}

async function like(scene: Scene, subject: string | undefined): Promise<void> {
  const { options, context, watched } = scene;
  const unit = unitNamed(subject);
  const { nearestRows, nearestSketches, strongestOf } = await import("../../features/search/like.ts");
  const at = watched.layers.findIndex(l => l.layer === unit.layer);
  const units = watched.layers[at]?.units ?? 0;
  if (unit.index >= units)
    throw new Problem(`there is no unit ${unit.layer}.${unit.index} in ${watched.name} of ${watched.model.name}`, {
      advice: `a layer from ${watched.layers[0]?.layer} to ${watched.layers.at(-1)?.layer}, an index below ${watched.layers[0]?.units}`,
    });
  const { dModel } = watched.model.config;
  const own = (await watched.decoders(at)).slice(unit.index * dModel, (unit.index + 1) * dModel);
  const phase = context.progress.start("comparing decoders", { unit: "layers" });
  const byDecoder = [];
  for (const [l, { layer }] of watched.layers.entries()) {
    context.signal.throwIfAborted();
    phase.update(l, watched.layers.length);
    byDecoder.push(...strongestOf(nearestRows(own, await watched.decoders(l), layer), options.top, unit));
  }
  phase.end();
  const writes = strongestOf(byDecoder, options.top, unit);
  const { hasIndex } = await import("../../store/feature-index.ts");
  let fires: typeof writes | undefined;
  let labels: ReadonlyMap<string, readonly [string, number]> = new Map();
  if (await hasIndex(scene.folder)) {
    const index = await indexOf(scene);
    try {
      labels = await index.labels();
      const { sketch } = index.manifest;
      const mine = (await index.similar(unit.layer)).slice(unit.index * sketch, (unit.index + 1) * sketch);
      const all = [];
      for (const { layer } of index.manifest.layers)
        all.push(...strongestOf(nearestSketches(mine, await index.similar(layer), layer), options.top, unit));
      fires = strongestOf(all, options.top, unit);
    } finally {
      await index.close();
    }
  }
  context.result({ unit: `${unit.layer}.${unit.index}`, byDecoder: writes, byActivation: fires });
  const line = ({ layer, index, score }: (typeof writes)[number]) =>
    `  ${`${layer}.${index}`.padEnd(10)} ${score.toFixed(3).padStart(7)}  ${labels.get(`${layer}.${index}`)?.[0] ?? ""}`;
  context.out(context.color.bold("writes the same direction (cosine of decoders; negative: the opposite)"));
  for (const w of writes) context.out(line(w));
  context.out("");
  if (fires) {
    context.out(context.color.bold("fires in the same texts (correlation of peaks over windows, estimated to ±0.09)"));
    for (const f of fires) context.out(line(f));
  } else context.out(context.color.dim("no index, so nothing is known of where it fires: lucida index"));
}

async function linesOf(path: string): Promise<string[]> {
  const { systemProblem } = await import("../../store/system-problem.ts");
  const text = await readFile(path, "utf8").catch(error => {
    throw systemProblem(error, path, "read");
  });
  return text.split(/\r?\n/).filter(line => line.trim() !== "");
}

/** Ids as the model is given them, none too long or too short. */
function encoded(texts: readonly string[], open: OpenModel, where: string): number[][] {
  const tokenizer = tokenizerOf(open);
  return texts.map((text, i) => {
    const ids = tokenizer.encode(text);
    if (ids.length < 2 || ids.length > Math.min(2048, open.model.config.context)) {
      throw new Problem(
        `text ${i + 1} is ${ids.length} tokens long: 2 to ${Math.min(2048, open.model.config.context)} can be searched`,
        {
          where: `in ${where}: ${JSON.stringify(text.slice(0, 60))}`,
        },
      );
    }
    return ids;
  });
}

/** Texts × units × 8 bytes are held. */
const mostValues = 250e6;

async function peaks(scene: Scene, ids: readonly (readonly number[])[]) {
  const { watched, context } = scene;
  const units = watched.layers.reduce((sum, l) => sum + l.units, 0);
  if (ids.length * units > mostValues) {
    throw new Problem(`${ids.length} texts times ${units} units are more than can be held at once`, {
      advice: `at most ${Math.floor(mostValues / units)} texts`,
    });
  }
  const { peaksOf } = await import("../../features/search/peaks.ts");
  const phase = context.progress.start("the model reads", { unit: "texts" });
  try {
    return await peaksOf(watched, ids, {
      signal: context.signal,
      progress: (done, of) => phase.update(done, of),
    });
  } finally {
    phase.end();
  }
}

async function labelsOf(scene: Scene): Promise<ReadonlyMap<string, readonly [string, number]>> {
  const { hasIndex } = await import("../../store/feature-index.ts");
  if (!(await hasIndex(scene.folder))) return new Map();
  const index = await indexOf(scene);
  try {
    return await index.labels();
  } finally {
    await index.close();
  }
}

async function tell(scene: Scene, subject: string | undefined): Promise<void> {
  const { options, context, open } = scene;
  if (options.on === undefined || options.off === undefined || subject !== undefined)
    throw new WrongCommand("find takes a phrase, or both --on and --off", { advice: "--on A.txt --off B.txt" });
  const [on, off] = [await linesOf(options.on), await linesOf(options.off)];
  const least = 8;
  for (const [file, lines] of [
    [options.on, on],
    [options.off, off],
  ] as const)
    if (lines.length < least)
      throw new Problem(`${lines.length} texts are too few: half choose the units, the other half judge them`, {
        where: `in ${file}`,
        advice: `at least ${least} lines, better 20`,
      });
  const paired = on.length === off.length;
  const found = await peaks(scene, [...encoded(on, open, options.on), ...encoded(off, open, options.off)]);
  const { tellApart } = await import("../../features/search/tell-apart.ts");
  const told = tellApart(found, on.length, { candidates: options.top * 2, seed: options.seed, paired });
  const labels = await labelsOf(scene);
  const label = (c: Candidate) => labels.get(`${c.layer}.${c.index}`)?.[0];
  context.result({
    ...told,
    candidates: told.candidates.map(c => ({ ...c, label: label(c) })),
    on: on.length,
    off: off.length,
  });
  const { color } = context;
  const sure = told.candidates.filter(c => c.q < 0.05);
  context.out(
    `${told.choosing.on} + ${told.choosing.off} texts chose ${told.candidates.length} of ${found.units} units; ${told.judging.on} + ${told.judging.off} others judged them`,
  );
  context.out(
    color.dim(
      `with shuffled texts the best unit still reaches ${told.luck.toFixed(2)} in the choosing half: only the judged AUROC counts`,
    ),
  );
  context.out("");
  context.out(
    color.bold("  unit        end   AUROC  95 % interval   q       chosen at   pairs   mean on / off   label"),
  );
  for (const c of told.candidates.slice(0, options.top)) {
    const line = `  ${`${c.layer}.${c.index}`.padEnd(11)} ${c.end.padEnd(5)} ${c.auroc.toFixed(2).padStart(5)}  ${c.interval[0].toFixed(2)} to ${c.interval[1].toFixed(2)}    ${c.q.toFixed(4)}  ${c.chosen.toFixed(2).padStart(9)}   ${(c.pairs ? `${c.pairs[0]}/${c.pairs[1]}` : "").padEnd(6)}  ${c.on.toFixed(2)} / ${c.off.toFixed(2)}   ${label(c) ?? ""}`;
    context.out(c.q < 0.05 ? line : color.dim(line));
  }
  context.out("");
  context.out(
    sure.length > 0
      ? `${sure.length} of ${told.candidates.length} candidates hold on texts that did not choose them (false discovery rate 5 %)`
      : "none of the candidates holds on texts that did not choose them: no unit was found",
  );
}

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

async function phrase(scene: Scene, subject: string | undefined): Promise<void> {
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

async function check(scene: Scene): Promise<void> {
  const { options, context, open, watched } = scene;
  if (options.text.length === 0)
    throw new WrongCommand("check needs text that the index has not seen", { advice: "check --text FOLDER" });
  const tokenizer = tokenizerOf(open);
  const index = await indexOf(scene);
  try {
    const { random } = await import("../../core/random.ts");
    const { checkLabels } = await import("../../features/index/check-labels.ts");
    const { windowsOf } = await import("../../features/index/windows.ts");
    const corpus = await import("../../store/corpus.ts");
    const names = [...(await index.labels()).keys()];
    const next = random(options.seed);
    for (let i = names.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [names[i], names[j]] = [names[j]!, names[i]!];
    }
    const units = [];
    for (const name of names.slice(0, options.units)) {
      const { layer, index: at } = unitNamed(name);
      const { label } = await index.unit(layer, at);
      if (label?.rule) units.push({ layer, index: at, text: label.text, rule: label.rule });
    }
    if (units.length < 2)
      throw new Problem("the index has too few labels to check", { advice: "an index on more text" });
    const windows: (readonly number[])[] = [];
    const files = await corpus.corpusFiles(options.text);
    const bos = bosOf(open);
    const cut = { length: index.manifest.length, tokens: options.tokens, bos };
    for await (const ids of windowsOf(corpus.textsOf(files), text => tokenizer.encode(text, { special: false }), cut))
      windows.push(ids);
    const phase = context.progress.start("the model reads", { unit: "windows" });
    const checked = await checkLabels(watched, units, windows, id => tokenizer.token(id), {
      signal: context.signal,
      progress: (done, of) => phase.update(done, of),
    });
    phase.end();
    const judged = checked.flatMap(c => (c.auroc === undefined ? [] : [c.auroc])).sort((a, b) => a - b);
    const control = checked.flatMap(c => (c.control === undefined ? [] : [c.control])).sort((a, b) => a - b);
    const at = (v: number[], share: number) => v[Math.round(share * (v.length - 1))] ?? Number.NaN;
    const quantiles = (v: number[]) => [0.05, 0.25, 0.5, 0.75, 0.95].map(share => at(v, share));
    const total = index.manifest.layers.reduce((sum, l) => sum + l.units, 0);
    const summary = {
      labelled: names.length,
      of: total,
      asked: units.length,
      judged: judged.length,
      auroc: quantiles(judged),
      above90: judged.filter(v => v >= 0.9).length / judged.length,
      below70: judged.filter(v => v < 0.7).length / judged.length,
      control: quantiles(control),
    };
    context.result({ ...summary, units: checked });
    context.out(
      `${names.length} of ${total} units have a label; ${units.length} were asked, ${judged.length} could be judged (at least 5 such tokens in ${windows.length} windows)`,
    );
    const line = (v: readonly number[]) => v.map(x => x.toFixed(2)).join("  ");
    context.out("AUROC of the activation, tokens that the label names against all others, quantiles 5 25 50 75 95 %:");
    context.out(`  own label      ${line(summary.auroc)}`);
    context.out(`  another's      ${line(summary.control)}`);
    context.out(
      `${(100 * summary.above90).toFixed(0)} % at least 0.9, ${(100 * summary.below70).toFixed(0)} % below 0.7`,
    );
  } finally {
    await index.close();
  }
}
