/** `lucida bench`: figures of this machine. Each question is asked in a process of its own, so that memory is its own. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { Problem } from "../../core/problem.ts";
import type { Figure, Question } from "../bench/question.ts";
import { type BenchReport, markdown, rows } from "../bench/report.ts";
import { modelFor, modelOption } from "../model.ts";
import { type Context, count, type Verb, WrongCommand } from "../verb.ts";

interface Options {
  readonly model: string;
  readonly only?: string;
  readonly against?: string;
  readonly append?: string;
  readonly quick?: boolean;
  readonly here?: boolean;
  readonly prompts?: string;
  readonly basis: string;
  readonly units?: string;
  readonly nodes?: number;
  readonly limit?: number;
  readonly seed: number;
  readonly fresh?: boolean;
}

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(command)
      .argument(
        "[what]",
        '"works": of a set of contrast pairs, the share whose charts work; "nulls": of wrong charts of such pairs, the share that pass; figures of this machine else',
      )
      .option("--prompts <file>", "works, nulls: the pairs, such as prompts/contrast-gemma-3-270m.json")
      .option("--basis <basis>", "works, nulls: neurons, or a dictionary: a folder or owner/name", "neurons")
      .option("--units <sizes>", 'works: sizes of the curve (10,50,100,500,2000); "none" for no curve')
      .option("--nodes <n>", "works, nulls: most nodes of a chart; 500, with a dictionary 100", count(1, 100_000))
      .option("--limit <n>", "works, nulls: so many pairs, evenly through the file", count(1))
      .option("--seed <n>", "works, nulls: of the controls", count(0), 1)
      .option("--fresh", "works: measure again what an earlier run has measured")
      .option("--only <questions>", "some of: peak, load, predict, sweep, trace, tokens, nodes, interventions, verify")
      .option("--against <file>", "compare with the --json of an earlier run")
      .option("--append <file>", "add the figures to a page, with machine and date (bench/results.md)")
      .option(
        "--quick",
        "small sizes, to try the bench itself; its figures say little. works: sufficiency and necessity alone, no boxes",
      )
      .option("--here", "ask in this process (the bench calls itself so)");
  },
  async run(options, context) {
    const [what] = context.args;
    if (what === "works") return works(options, context);
    if (what === "nulls") return nulls(options, context);
    if (what !== undefined)
      throw new WrongCommand(`the bench knows no "${what}"`, { advice: '"works", "nulls", or nothing' });
    const { questions } = await import("../bench/questions.ts");
    const names = options.only?.split(",") ?? questions.map(q => q.name);
    const asked = names.map(name => {
      const question = questions.find(q => q.name === name);
      if (question) return question;
      const known = questions.map(q => q.name).join(", ");
      throw new WrongCommand(`the bench has no question "${name}"`, { advice: `--only with some of ${known}` });
    });
    const against = options.against === undefined ? undefined : await earlier(options.against);
    const loadBefore = loadavg()[0]! / cpus().length;
    if (loadBefore > 0.3 && !options.here) {
      context.note(`the machine is busy (load ${loadBefore.toFixed(1)} a processor): times will be too long`);
    }
    const figures: Figure[] = [];
    for (const question of asked) {
      if (!context.json) context.out(context.color.dim(question.what));
      const some = options.here
        ? await answer(question, options, context)
        : await elsewhere(question, options, context);
      figures.push(...some);
    }
    const { version } = await import("../main.ts");
    const report: BenchReport = {
      format: "lucida-bench",
      version: 1,
      lucida: version,
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "processor"}, Node ${process.versions.node}`,
      model: options.model.replace(/^.*[/\\]/, ""),
      loadBefore,
      figures,
    };
    context.result(report);
    const table = rows(report, against);
    const widths = [0, 1, 2].map(column => Math.max(...table.map(row => row[column]!.length)));
    for (const [name, value, goal, ratio] of table) {
      const paint = goal!.endsWith("missed") ? context.color.yellow : context.color.green;
      context.out(
        `  ${name!.padEnd(widths[0]!)}  ${value!.padStart(widths[1]!)}  ${paint(goal!.padEnd(widths[2]!))}  ${ratio}`,
      );
    }
    if (options.append) await append(options.append, report);
  },
};

function pairsFile({ prompts }: Options): string {
  if (prompts !== undefined) return prompts;
  throw new WrongCommand("this bench needs contrast pairs", {
    advice: "--prompts with a file such as prompts/contrast-gemma-3-270m.json",
  });
}

async function nulls(options: Options, context: Context): Promise<void> {
  const { benchNulls } = await import("../bench/nulls/nulls.ts");
  await benchNulls({ ...options, prompts: pairsFile(options) }, context);
}

async function works(options: Options, context: Context): Promise<void> {
  const prompts = pairsFile(options);
  const { benchWorks } = await import("../bench/works/works.ts");
  const units =
    options.units === "none"
      ? []
      : (options.units ?? "10,50,100,200,500,1000,2000").split(",").map(text => count()(text));
  await benchWorks(
    {
      model: options.model,
      prompts,
      basis: options.basis,
      units: options.basis === "neurons" ? units : [],
      nodes: options.nodes,
      quick: options.quick ?? false,
      limit: options.limit,
      seed: options.seed,
      fresh: options.fresh ?? false,
    },
    context,
  );
}

async function answer(question: Question, options: Options, context: Context): Promise<Figure[]> {
  const found = await modelFor(options.model, context);
  const { openModel } = await import("../../store/open-model.ts");
  const phase = context.progress.start(question.name);
  try {
    return await question.run({
      open: () => openModel(found),
      signal: context.signal,
      quick: options.quick ?? false,
      progress: (done, of) => (of > 0 ? phase.update(done, of) : phase.update(done)),
    });
  } finally {
    phase.end();
  }
}

/** The same in a fresh process of this command. */
async function elsewhere(question: Question, options: Options, context: Context): Promise<Figure[]> {
  const phase = context.progress.start(question.what);
  const words = [process.argv[1]!, "bench", "--here", "--json", "--only", question.name, "--model", options.model];
  if (options.quick) words.push("--quick");
  const text = await new Promise<string>((resolve, reject) => {
    const settings = { signal: context.signal, maxBuffer: 1 << 26 };
    execFile(process.execPath, words, settings, (error, out, err) => {
      if (!error) resolve(out);
      else if (context.signal.aborted) reject(context.signal.reason);
      else reject(new Problem(`the question "${question.name}" failed`, { where: err.trim() || error.message }));
    });
  });
  phase.end();
  return (JSON.parse(text) as BenchReport).figures as Figure[];
}

async function earlier(file: string): Promise<BenchReport> {
  const { systemProblem } = await import("../../store/system-problem.ts");
  const text = await readFile(file, "utf8").catch(error => {
    throw systemProblem(error, file, "read");
  });
  const { isRecord, parseJson } = await import("../../formats/json.ts");
  const value = parseJson(text, file);
  if (!isRecord(value) || value.format !== "lucida-bench" || !Array.isArray(value.figures)) {
    throw new Problem("this is no result of the bench", {
      where: `in ${file}`,
      advice: "a file that `lucida bench --json > FILE` has written",
    });
  }
  return value as unknown as BenchReport;
}

async function append(file: string, report: BenchReport): Promise<void> {
  const { writeBeside } = await import("../../store/write-beside.ts");
  const before = await readFile(file, "utf8").catch(() => "# Results of the bench\n");
  await writeBeside(file, `${before.trimEnd()}\n\n${markdown(report)}`, {});
}
