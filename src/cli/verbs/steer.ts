/** `lucida steer`: what the model says before and after interventions, attention live and frozen. */
import { parseIntervention, sentence } from "../../interventions/sentence.ts";
import { openBasis } from "../dictionary.ts";
import { type GridOptions, gridOptions, isGrid, settings } from "../grid.ts";
import { modelFor, modelOption } from "../model.ts";
import { type PromptOptions, promptOptions, readPrompt } from "../prompt.ts";
import { count, several, type Verb, WrongCommand } from "../verb.ts";

interface Options extends PromptOptions, Omit<GridOptions, "set"> {
  readonly model: string;
  readonly set: readonly string[];
  readonly tokens: number;
  readonly top: number;
  readonly ladder?: string;
  readonly basis: string;
  readonly direction: readonly string[];
}

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(promptOptions(command))
      .option(
        "--set <intervention>",
        'for instance: scale unit 12.345 at "Dallas" by 0; swap residual 5 at 7 from "…"',
        several,
        [],
      )
      .option("--tokens <n>", "how many tokens to write on", count(0, 1000), 12)
      .option("--top <n>", "how many tokens to show", count(1, 100), 6)
      .option(
        "--basis <basis>",
        "what a unit is: neurons, or a feature of a dictionary: a folder or owner/name",
        "neurons",
      )
      .option(
        "--direction <name=files>",
        "a direction for --set: formal=with.txt,without.txt (a prompt a line: the mean difference of the streams at their ends), or formal=vector.json",
        several,
        [],
      )
      .option("--ladder <strengths>", "repeat with every scale and add at each of these strengths: 0,-1,-2,2");
    gridOptions(command);
    command.addHelpText(
      "after",
      '\nInterventions: scale|set|add|swap  unit L.I | head L.H | residual L | direction "NAME" of layer L  at "text" | POSITION | last | all | new  by|to N | from "prompt"',
    );
  },
  async run(options, context) {
    if (options.set.length === 0) {
      throw new WrongCommand("there is no intervention", { advice: '--set "scale unit 12.345 at last by 0"' });
    }
    if (isGrid(options)) {
      if (settings(options.set).interventions.length === 0)
        throw new WrongCommand("there is no intervention", { advice: '--set "scale unit 12.345 at last by 0"' });
      const { gridOf } = await import("../grid-run.ts");
      return gridOf({ kind: "predict", top: Math.min(options.top, 10) }, options, context);
    }
    const interventions = options.set.map(parseIntervention);
    const strengths = ladder(options.ladder);
    if (strengths[0] !== undefined && !interventions.some(i => i.do === "scale" || i.do === "add"))
      throw new WrongCommand("--ladder has no strength to change", { advice: '--set "scale …" or --set "add to …"' });
    const { readDirections } = await import("../directions.ts");
    const read = await readDirections(options.direction, interventions);
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const { onUnrelated, steer } = await import("../steer-run.ts");
    const open = await openModel(found);
    let opened: Awaited<ReturnType<typeof openBasis>>;
    try {
      opened = await openBasis(options.basis, open.model, context);
      const basis = opened?.basis;
      const prompt = await readPrompt(context.args[0], options, open);
      const phase = context.progress.start("steering");
      const directed = await read.into(interventions, open, context.signal);
      const steps = [];
      for (const strength of strengths) {
        const changed = directed.map(i =>
          strength !== undefined && (i.do === "scale" || i.do === "add") ? { ...i, by: strength } : i,
        );
        const result = await steer(open, prompt, {
          interventions: changed,
          basis,
          chat: options.chat,
          tokens: options.tokens,
          top: options.top,
          signal: context.signal,
        });
        const unrelated = await onUnrelated(open, changed, { basis, signal: context.signal });
        steps.push({
          ...(strength === undefined ? {} : { strength }),
          interventions: changed.map(i => ({ ...i, sentence: sentence(i) })),
          ...result,
          ...(unrelated ? { unrelated } : {}),
        });
        phase.update(steps.length, strengths.length);
      }
      phase.end();
      context.result({ model: open.model.name, basis: basis?.name ?? "neurons", prompt: prompt.text, steps });
      const { color } = context;
      for (const step of steps) {
        for (const i of step.interventions) context.out(color.bold(i.sentence));
        context.out(
          color.dim("  before                          after, attention live           after, attention frozen"),
        );
        for (let i = 0; i < step.before.length; i++) {
          const cell = (w: { text: string; probability: number } | undefined) =>
            w
              ? `${JSON.stringify(w.text).slice(0, 20).padEnd(21)}${(100 * w.probability).toFixed(1).padStart(6)} %`
              : "";
          context.out(
            `  ${[step.before[i], step.live[i], step.frozen[i]].map(w => cell(w).padEnd(32)).join("")}`.trimEnd(),
          );
        }
        if (step.text) {
          context.out(`  ${color.dim("before:")} ${oneLine(step.text.before)}`);
          context.out(`  ${color.dim("after: ")} ${oneLine(step.text.after)}`);
        }
        if (step.unrelated) {
          const { before, after, divergence, broken } = step.unrelated;
          const moved = `  perplexity of unrelated text: ${before.toPrecision(3)} before, ${after.toPrecision(3)} after; its next tokens move by ${divergence.toPrecision(2)} nats`;
          context.out(
            broken ? color.yellow(`${moved}: this breaks the model, it does not steer it`) : color.dim(moved),
          );
        }
        context.out("");
      }
    } finally {
      await opened?.close();
      await open.close();
    }
  },
};

function ladder(text: string | undefined): readonly (number | undefined)[] {
  if (text === undefined) return [undefined];
  const numbers = text.split(",").map(Number);
  if (numbers.some(n => !Number.isFinite(n)))
    throw new WrongCommand(`--ladder ${text} is no list of strengths`, { advice: "--ladder 0,-1,-2,2" });
  return numbers;
}

const oneLine = (text: string) => text.replaceAll("\n", "⏎");
