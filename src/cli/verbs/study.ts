/**
 * `lucida study`: the questions of the field, asked of any model.
 *
 *   study list                      what there is
 *   study two-hop --model M         one study; a file of your own (YAML) in its place runs the same way
 *   study hidden-motive --model M --against N    the same of two models, side by side
 *   study all --model M --out F     the report card
 *   study new my-study              a file to start from
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { Problem } from "../../core/problem.ts";
import type { Item } from "../../studies/item.ts";
import type { Lab } from "../../studies/lab.ts";
import type { StudyReport } from "../../studies/report-of.ts";
import type { Null } from "../../studies/scene.ts";
import type { Study } from "../../studies/study.ts";
import type { Encoder } from "../../training/tokenizer/encoder.ts";
import { modelFor, modelOption } from "../model.ts";
import { duration } from "../output.ts";
import { type Context, count, several, type Verb, WrongCommand } from "../verb.ts";

interface Options {
  readonly model: string;
  readonly seed: number;
  readonly count?: number;
  readonly charts: number;
  readonly null?: string;
  readonly against?: string;
  readonly fresh?: boolean;
  readonly threads?: number;
  readonly only?: string;
  readonly out: readonly string[];
}

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(
      command
        .argument("<name>", "a study, a file of your own (.yaml, .json), all, list, or new")
        .argument("[file]", "new: the name of the study that is begun"),
    )
      .option("--out <file>", "write the report: .html for people, .json for machines", several, [])
      .option("--count <n>", "at most so many held-out prompts a test", count(4, 10_000))
      .option("--charts <n>", "all: charts traced and verified, to say how often they work", count(0, 1000), 6)
      .option("--only <names>", "all: only these studies, with commas between them")
      .option("--seed <n>", "of what is drawn: prompts of the corpus, random directions", count(0), 1)
      .option("--threads <n>", "cores to use: one is quicker where others are busy", count(1, 256))
      .option("--against <model>", "the same studies of a second model, side by side: a twin, a larger one")
      .option("--fresh", "do not take up what an earlier run has finished")
      .option("--null <kind>", "weights, labels or directions: with these at random, no study may hold");
  },
  async run(options, context) {
    const name = context.args[0]!;
    for (const file of options.out) {
      if (!/\.(html|json)$/.test(file)) throw new WrongCommand(`--out ${file}: a report is .html or .json`);
    }
    if (name === "list") return list(context);
    if (name === "new") return begin(context.args[1], context);
    const { studies } = await import("../../studies/documents/index.ts");
    const chosen = name === "all" ? only(studies, options.only) : [await studyFor(name)];
    const card = name === "all";
    const done = await runAll(chosen, card, options, context);
    if (options.against === undefined) return written(done, card, options, context);
    const other = await runAll(chosen, card, { ...options, model: options.against }, context);
    await compared([done, other], options, context);
  },
};

async function list(context: Context): Promise<void> {
  const { studies } = await import("../../studies/documents/index.ts");
  context.result(
    studies.map(({ name, title, question, grounds }) => ({ name, title, question, grounds: grounds.map(g => g.on) })),
  );
  for (const study of studies) context.out(`${context.color.bold(study.name.padEnd(16))} ${study.question}`);
}

async function begin(name: string | undefined, context: Context): Promise<void> {
  if (!name) throw new WrongCommand("a new study needs a name", { advice: "lucida study new my-study" });
  const bare = basename(name).replace(/\.ya?ml$/, "");
  if (!/^[a-z0-9][a-z0-9-]*$/.test(bare))
    throw new WrongCommand(`"${bare}" is no name of a study: small letters, digits and hyphens`);
  const path = /\.ya?ml$/.test(name) ? name : `${name}.yaml`;
  if (existsSync(path)) throw new Problem(`there is already a file ${path}`, { advice: "another name" });
  const { newStudy } = await import("../../studies/new-study.ts");
  const { writeBeside } = await import("../../store/write-beside.ts");
  await writeBeside(path, newStudy(bare));
  context.result({ file: path });
  context.out(`wrote ${path}: it runs as it is, with lucida study ${path} --model M`);
}

async function studyFor(name: string): Promise<Study> {
  const { studyNamed } = await import("../../studies/documents/index.ts");
  if (!/\.(ya?ml|json)$/.test(name)) return studyNamed(name);
  const { readStudy } = await import("../../studies/read.ts");
  const { systemProblem } = await import("../../store/system-problem.ts");
  let text: string;
  try {
    text = await readFile(name, "utf8");
  } catch (error) {
    throw systemProblem(error, name, "read");
  }
  return readStudy(text, name);
}

function only(studies: readonly Study[], names: string | undefined): readonly Study[] {
  if (names === undefined) return studies;
  const wanted = names.split(",").map(n => n.trim());
  const missing = wanted.find(n => !studies.some(s => s.name === n));
  if (missing !== undefined) throw new WrongCommand(`there is no study "${missing}"`, { advice: "lucida study list" });
  return studies.filter(s => wanted.includes(s.name));
}

const kinds: Readonly<Record<string, Null>> = {
  weights: "random weights",
  labels: "shuffled labels",
  directions: "random directions",
};

async function runAll(studies: readonly Study[], card: boolean, options: Options, context: Context) {
  const nothing = options.null === undefined ? undefined : kinds[options.null];
  if (options.null !== undefined && !nothing)
    throw new WrongCommand(`--null ${options.null} is not known`, { advice: "weights, labels or directions" });
  const found = await modelFor(options.model, context);
  const { openModel } = await import("../../store/open-model.ts");
  const { StudyResults, fingerprint } = await import("../../store/study-results.ts");
  const { specimenEncoder } = await import("../../store/specimen-encoder.ts");
  const { Lab } = await import("../../studies/lab.ts");
  const { runStudy } = await import("../../studies/run-study.ts");
  const { worksOf } = await import("../../studies/works.ts");
  const { signFlipped } = await import("../../studies/null-weights.ts");
  const encoder = await specimenEncoder(found);
  const open = await openModel(found, {
    // Programs of the specimen's size only wait for a second thread.
    ...(encoder || options.threads ? { threads: options.threads ?? 1 } : {}),
    ...(nothing === "random weights" ? { weights: w => signFlipped(w, options.seed) } : {}),
  });
  try {
    if (!open.tokenizer) throw new Problem(`${open.model.name} has no tokenizer, and studies are made of sentences`);
    const lab = new Lab(open.model, open.tokenizer, { signal: context.signal });
    const memo = new StudyResults();
    const shared = {
      seed: options.seed,
      encoder,
      precision: open.precision,
      fingerprint: await fingerprint(found),
      most: options.count,
      ...(options.fresh ? {} : { memo }),
      ...(nothing ? { null: nothing, force: true } : {}),
    };
    const asked = studies.filter(s => !card || encoder || s.grounds.some(g => g.on === "any"));
    await sayCost(asked, lab, shared, context);
    const reports: StudyReport[] = [];
    for (const study of asked) {
      const phase = context.progress.start(study.title);
      let label = "";
      const report = await runStudy(study, lab, {
        ...shared,
        progress: (stage, done, of) => {
          if (stage !== label) label = stage;
          phase.update(done, of);
        },
      });
      phase.end();
      reports.push(report);
      sayVerdict(report, context);
    }
    const phase = context.progress.start("charts put to the test");
    const works =
      card && options.charts > 0
        ? await worksOf(studies, lab, {
            ...shared,
            count: options.charts,
            progress: (done, of) => phase.update(done, of),
          })
        : undefined;
    phase.end();
    return { reports, works, model: open.model.name };
  } finally {
    await open.close();
  }
}

/** Shorter than this needs no warning. */
const LONG_SECONDS = 20;

/** Before anything long: how many runs at most, and how long that takes at the pace of a few prompts. */
async function sayCost(
  studies: readonly Study[],
  lab: Lab,
  { seed, encoder, most }: { seed: number; encoder: Encoder | undefined; most: number | undefined },
  context: Context,
): Promise<void> {
  const { runsAtMost } = await import("../../studies/cost.ts");
  const { groundFor, itemsOf } = await import("../../studies/run-study.ts");
  const { layers, config } = lab.model;
  let runs = 0;
  let few: readonly Item[] = [];
  for (const study of studies) {
    const ground = groundFor(study, encoder !== undefined);
    const items = itemsOf(ground, lab, encoder, seed);
    if (few.length === 0) few = items.slice(0, 24);
    runs += runsAtMost(ground, items, { layers, heads: config.heads, dModel: config.dModel }, most);
  }
  const asks = few.map(({ ids, answerIds }) => ({ ids, wanted: answerIds, own: [] }));
  // The first makes its programs; the others go together, as they do in a study.
  await lab.plain(asks.slice(0, 1));
  const start = performance.now();
  await lab.plain(asks);
  const seconds = (runs * (performance.now() - start)) / 1000 / Math.max(1, asks.length);
  if (seconds < LONG_SECONDS) return;
  context.note(
    `at most ${runs.toLocaleString("en")} runs, about ${duration(seconds)} if it can do all that is asked; what earlier runs finished is not done again, --count N asks less`,
  );
}

function sayVerdict(report: StudyReport, { out, color }: Context): void {
  const paint = {
    HOLDS: color.green,
    PARTIAL: color.yellow,
    FAILS: color.red,
    VOID: color.red,
    "NOT APPLICABLE": color.dim,
  }[report.verdict];
  out(`${color.bold(report.title)}  ${paint(report.verdict)}\n  ${report.sentence}`);
  for (const f of report.findings) out(color.dim(`  ${f.outcome}: ${f.title}. ${f.why}`));
}

async function written(
  { reports, works, model }: Awaited<ReturnType<typeof runAll>>,
  card: boolean,
  options: Options,
  context: Context,
): Promise<void> {
  const { studyPage } = await import("../../studies/report/study-page.ts");
  const { cardPage } = await import("../../studies/report/card-page.ts");
  const { writeBeside } = await import("../../store/write-beside.ts");
  const data = card
    ? { format: "lucida-report-card", version: 1, model, reports, ...(works ? { works } : {}) }
    : reports[0]!;
  for (const file of options.out) {
    const html = () => (card ? cardPage(model, reports, works) : studyPage(reports[0]!));
    await writeBeside(file, file.endsWith(".html") ? html() : `${JSON.stringify(data)}\n`, { signal: context.signal });
    context.note(`wrote ${file}`);
  }
  context.result(data);
}

type Done = Awaited<ReturnType<typeof runAll>>;

/** Two models side by side; what an audit found in one and in the other is counted, whichever of them is the clean one. */
async function compared([one, two]: readonly [Done, Done], options: Options, context: Context): Promise<void> {
  const { sideBySide } = await import("../../studies/side-by-side.ts");
  const { againstPage } = await import("../../studies/report/against-page.ts");
  const { writeBeside } = await import("../../store/write-beside.ts");
  const rows = sideBySide(one.reports, two.reports);
  const data = {
    format: "lucida-studies-side-by-side",
    version: 1,
    models: [one.model, two.model],
    rows,
    reports: [one.reports, two.reports],
  };
  for (const { sentence } of rows) context.out(sentence);
  for (const file of options.out) {
    const html = () => againstPage([one.model, two.model], rows, [one.reports, two.reports]);
    await writeBeside(file, file.endsWith(".html") ? html() : `${JSON.stringify(data)}\n`, { signal: context.signal });
    context.note(`wrote ${file}`);
  }
  context.result(data);
}
