/** `lucida verify`: a saved chart, or a prompt's, put to the test in the real model. */
import { chartKinds, checkChartFile, writeChart } from "../chart-file.ts";
import { modelFor, modelOption } from "../model.ts";
import { printStory } from "../story.ts";
import { count, several, type Verb, WrongCommand } from "../verb.ts";

interface Options {
  readonly model: string;
  readonly seed: number;
  readonly versus?: string;
  readonly out: readonly string[];
}

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(command.argument("<what>", "a saved chart (.lucida, .json, .html), or a prompt"))
      .option(
        "--versus <prompt>",
        "for a prompt: another one of as many tokens, with another answer; found when left out",
      )
      .option("--seed <n>", "of the controls", count(0), 1)
      .option("--out <file>", `write the chart with its verdicts: ${chartKinds}`, several, []);
  },
  async run(options, context) {
    for (const file of options.out) await checkChartFile(file);
    const what = context.args[0]!;
    const { stat, readFile } = await import("node:fs/promises");
    const saved = (await stat(what).catch(() => undefined))?.isFile() ?? false;
    if (!saved && /\.(lucida|json|html)$/.test(what)) {
      throw new WrongCommand(`there is no file ${what}`, {
        advice: "the path of a chart that was saved with trace --out",
      });
    }
    const { imported } = await import("../../server/imports.ts");
    const document = saved ? (await imported(new Uint8Array(await readFile(what)), what)).document : undefined;
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const { traceOf } = await import("../../server/traces.ts");
    const { trace } = await import("../../attribution/trace.ts");
    const { verifyTrace } = await import("../../attribution/verify/verify-trace.ts");
    const open = await openModel(found);
    try {
      const phase = context.progress.start(document ? "tracing again" : "tracing");
      const progress = (_stage: string, done: number, of: number) => phase.update(done, of);
      const traced = document
        ? { ...(await traceOf({ open, found }, document, { signal: context.signal, progress })), document }
        : await trace(
            open,
            {
              text: what,
              versus: options.versus === "none" ? undefined : options.versus,
              findVersus: options.versus === undefined,
            },
            { precision: open.precision, signal: context.signal, progress },
          );
      phase.end();
      const testing = context.progress.start("verifying");
      const verified = await verifyTrace(traced, {
        seed: options.seed,
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
      await open.close();
    }
  },
};
