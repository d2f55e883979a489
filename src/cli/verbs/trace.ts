/** `lucida trace`: the flow chart of what the model thought, in the terminal and in files. */

import { usualBoxes } from "../../attribution/grouping.ts";
import { chartKinds, checkChartFile, writeChart } from "../chart-file.ts";
import { openBasis } from "../dictionary.ts";
import { type GridOptions, gridOptions, isGrid } from "../grid.ts";
import { modelFor, modelOption } from "../model.ts";
import { type PromptOptions, parseIds, promptOptions, readText } from "../prompt.ts";
import { printStory } from "../story.ts";
import { count, several, type Verb, WrongCommand } from "../verb.ts";

interface Options extends PromptOptions, GridOptions {
  readonly model: string;
  readonly basis: string;
  readonly target?: string;
  readonly foil?: string;
  readonly versus?: string;
  readonly versusIds?: string;
  readonly position?: number;
  readonly units: number;
  readonly expand?: number;
  readonly boxes: number;
  readonly prune?: string;
  readonly likely?: boolean;
  readonly verify?: boolean;
  readonly seed: number;
  readonly out: readonly string[];
}

/** Stages of a trace, as people read them. */
const stages: Readonly<Record<string, string>> = {
  load: "loading the model",
  run: "running the model",
  versus: "looking for a contrast",
  effects: "effects of all neurons",
  sweep: "expanding units",
  roles: "switching boxes off",
};

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(promptOptions(command))
      .option("--basis <basis>", "neurons, or a dictionary: a folder or owner/name", "neurons")
      .option("--target <token>", 'the token to explain: " Austin", or "unit 12.345"; the most probable when left out')
      .option("--foil <token>", "explain the target's logit minus this token's")
      .option(
        "--versus <prompt>",
        'a contrast: another prompt of as many tokens, with another answer; found when left out, "none" for none',
      )
      .option("--versus-ids <ids>", "the contrast as token ids")
      .option("--position <n>", "where the answer is read; the last position when left out", count(0))
      .option("--units <n>", "most units that the chart keeps", count(1, 100_000), 500)
      .option(
        "--expand <n>",
        "most units whose rows are computed; as many as --units when left out",
        count(0, 1_000_000),
      )
      .option("--boxes <n>", "boxes of the story", count(2, 60), usualBoxes)
      .option("--prune <thresholds>", "none, or node,edge as shares of influence: 0.8,0.98")
      .option("--likely", "explain the likely tokens up to 95 % of the probability together, as circuit-tracer does")
      .option("--verify", "put boxes and chart to the test in the real model, against matched random controls")
      .option("--seed <n>", "of the controls", count(0), 1)
      .option("--out <file>", `write the chart, by the file's ending: ${chartKinds}`, several, []);
    gridOptions(command);
  },
  async run(options, context) {
    if (isGrid(options)) {
      const { gridOf } = await import("../grid-run.ts");
      return gridOf({ kind: "trace", trace: traceAsk(options) }, options, context);
    }
    for (const file of options.out) await checkChartFile(file);
    const prune = thresholds(options.prune);
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const { trace } = await import("../../attribution/trace.ts");
    const open = await openModel(found);
    let opened: Awaited<ReturnType<typeof openBasis>>;
    try {
      opened = await openBasis(options.basis, open.model, context);
      const text = options.ids === undefined ? await readText(context.args[0]) : undefined;
      if (options.ids !== undefined && context.args[0] !== undefined) {
        throw new WrongCommand("a prompt and --ids were both given", { advice: "one of them" });
      }
      const versus = options.versusIds === undefined ? options.versus : parseIds(options.versusIds);
      let stage = "";
      let phase = context.progress.start("tracing");
      const traced = await trace(
        open,
        {
          text,
          ids: options.ids === undefined ? undefined : parseIds(options.ids),
          chat: options.chat,
          versus: versus === "none" ? undefined : versus,
          // Ids and whole graphs are for programs: they get what they ask for.
          findVersus: versus === undefined && options.ids === undefined && prune !== "none",
          target: options.target,
          foil: options.foil,
          position: options.position,
          units: options.units,
          expand: options.expand,
          boxes: options.boxes,
          prune,
          allLikely: options.likely,
        },
        {
          basis: opened?.basis,
          precision: open.precision,
          signal: context.signal,
          progress: (name, done, of) => {
            if (name !== stage) {
              phase.end();
              phase = context.progress.start(stages[name] ?? name);
              stage = name;
            }
            phase.update(done, of);
          },
        },
      );
      phase.end();
      let { document } = traced;
      if (options.verify) {
        const { verifyTrace } = await import("../../attribution/verify/verify-trace.ts");
        phase = context.progress.start("verifying");
        document = await verifyTrace(traced, {
          seed: options.seed,
          signal: context.signal,
          progress: (done, of) => phase.update(done, of),
        });
        phase.end();
      }
      for (const file of options.out) {
        await writeChart(file, document, context.signal);
        context.note(`wrote ${file}`);
      }
      context.result(document);
      if (!context.json) await printStory(document, context);
    } finally {
      await opened?.close();
      await open.close();
    }
  },
};

/** What each run of a grid of charts is asked. */
function traceAsk(options: Options) {
  const { versus, target, foil, units, boxes, verify } = options;
  const alone = ["position", "expand", "prune", "likely", "versusIds"] as const;
  const [other] = alone.filter(name => options[name] !== undefined).map(n => `--${n}`);
  if (other) throw new WrongCommand(`${other} is for one chart, and this is a grid`, { advice: "one prompt" });
  return {
    units,
    boxes,
    findVersus: versus === undefined,
    ...(versus === undefined || versus === "none" ? {} : { versus }),
    ...(target === undefined ? {} : { target }),
    ...(foil === undefined ? {} : { foil }),
    ...(verify ? { verify } : {}),
  };
}

function thresholds(text: string | undefined): "none" | { nodes: number; edges: number } | undefined {
  if (text === undefined || text === "none") return text;
  const [nodes, edges] = text.split(",").map(Number);
  if (!(nodes! > 0 && nodes! <= 1 && edges! > 0 && edges! <= 1) || text.split(",").length !== 2) {
    throw new WrongCommand(`--prune ${text} says nothing`, {
      advice: "--prune none, or two shares of influence: --prune 0.8,0.98",
    });
  }
  return { nodes: nodes!, edges: edges! };
}
