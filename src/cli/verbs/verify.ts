/** `lucida verify`: a saved chart, or a prompt's, put to the test in the real model. */
import type { TraceDocument } from "../../attribution/document.ts";
import type { Traced } from "../../attribution/trace.ts";
import { Problem } from "../../core/problem.ts";
import type { FoundModel } from "../../store/models.ts";
import type { OpenModel } from "../../store/open-model.ts";
import { chartKinds, checkChartFile, writeChart } from "../chart-file.ts";
import { openBasis } from "../dictionary.ts";
import { modelFor, modelOption } from "../model.ts";
import { printStory } from "../story.ts";
import { type Context, count, several, type Verb, WrongCommand } from "../verb.ts";

interface Options {
  readonly model: string;
  readonly basis?: string;
  readonly seed?: number;
  readonly versus?: string;
  readonly out: readonly string[];
}

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(command.argument("<what>", "a saved chart (.lucida, .json, .html), or a prompt"))
      .option(
        "--basis <basis>",
        "neurons, or a dictionary: a folder or owner/name; a saved chart's own when left out, neurons for a prompt",
      )
      .option(
        "--versus <prompt>",
        "for a prompt: another one of as many tokens, with another answer; found when left out",
      )
      .option("--seed <n>", "of the controls; a chart that was verified before keeps its own, 1 else", count(0))
      .option("--out <file>", `write the chart with its verdicts: ${chartKinds}`, several, []);
  },
  async run(options, context) {
    for (const file of options.out) await checkChartFile(file);
    const what = context.args[0]!;
    const document = await saved(what);
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const { verifyTrace } = await import("../../attribution/verify/verify-trace.ts");
    const open = await openModel(found);
    try {
      if (document) checkModel(document, open, what);
      const { traced, close } = document
        ? await tracedAgain(document, { open, found }, options, context)
        : await tracedAnew(what, open, options, context);
      const testing = context.progress.start("verifying");
      try {
        const verified = await verifyTrace(traced, {
          // What was tested before is repeated, number by number.
          seed: options.seed ?? document?.verify?.seed,
          controls: document?.verify?.controls,
          signal: context.signal,
          progress: (done, of) => testing.update(done, of),
        });
        testing.end();
        for (const file of options.out) {
          await writeChart(file, verified, context.signal);
          context.note(`wrote ${file}`);
        }
        context.result(verified);
        await printStory(verified, context);
      } finally {
        await close();
      }
    } catch (error) {
      if (context.signal.aborted) {
        const chart = document ? `${what} is as it was; ` : "";
        context.note(`not verified: ${chart}the same command begins anew, with the same controls`);
      }
      throw error;
    } finally {
      await open.close();
    }
  },
};

/** The chart in a file of that name; undefined where `what` is a prompt. */
async function saved(what: string): Promise<TraceDocument | undefined> {
  const { stat, readFile } = await import("node:fs/promises");
  if ((await stat(what).catch(() => undefined))?.isFile()) {
    const { imported } = await import("../../server/imports.ts");
    return (await imported(new Uint8Array(await readFile(what)), what)).document;
  }
  if (!/\.(lucida|json|html)$/.test(what)) return undefined;
  throw new WrongCommand(`there is no file ${what}`, {
    advice: "the path of a chart that was saved with trace --out",
  });
}

/** Throws a Problem where the chart is of a model with other sizes: its units are not there. */
function checkModel({ model }: TraceDocument, open: OpenModel, file: string): void {
  const { config, layers, name } = open.model;
  const sizes = [layers, config.dModel, config.dMlp, config.vocabulary];
  if (sizes.join() === [model.layers, model.dModel, model.dMlp, model.vocabulary].join()) return;
  throw new Problem(
    `this chart is of ${model.name} (${model.layers} layers of ${model.dMlp} units), and ${name} has ${layers} layers of ${config.dMlp}`,
    { where: `in ${file}`, advice: "--model with the model that the chart was made of" },
  );
}

interface Ready {
  readonly traced: Traced;
  close(): Promise<void>;
}

/** The saved chart with the runs behind it. */
async function tracedAgain(
  document: TraceDocument,
  scene: { readonly open: OpenModel; readonly found: FoundModel },
  { basis }: Options,
  context: Context,
): Promise<Ready> {
  const { traceOf } = await import("../../server/traces.ts");
  const { closeBases } = await import("../../server/bases.ts");
  const phase = context.progress.start("tracing again");
  const progress = (_stage: string, done: number, of: number) => phase.update(done, of);
  const traced = await traceOf(scene, document, { signal: context.signal, progress, basis });
  phase.end();
  return { traced: { ...traced, document }, close: closeBases };
}

async function tracedAnew(text: string, open: OpenModel, options: Options, context: Context): Promise<Ready> {
  const { trace } = await import("../../attribution/trace.ts");
  const { basis = "neurons", versus } = options;
  const opened = await openBasis(basis, open.model, context);
  const phase = context.progress.start("tracing");
  const traced = await trace(
    open,
    { text, versus: versus === "none" ? undefined : versus, findVersus: versus === undefined },
    {
      basis: opened?.basis,
      precision: open.precision,
      signal: context.signal,
      progress: (_stage, done, of) => phase.update(done, of),
    },
  );
  phase.end();
  return { traced, close: async () => opened?.close() };
}
