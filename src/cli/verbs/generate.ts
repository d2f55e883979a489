/** `lucida generate`: text from a model. */

import type { contextFor } from "../../interventions/context-for.ts";
import { shown } from "../../models/prompt.ts";
import type { OpenModel } from "../../store/open-model.ts";
import { openBasis } from "../dictionary.ts";
import { type GridOptions, gridOptions, isGrid } from "../grid.ts";
import { modelFor, modelOption } from "../model.ts";
import { type PromptOptions, promptOptions, readPrompt } from "../prompt.ts";
import { count, number, several, type Verb } from "../verb.ts";

interface Options extends PromptOptions, GridOptions {
  readonly model: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly set: readonly string[];
  readonly basis: string;
}

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(promptOptions(command))
      .option("--tokens <n>", "most new tokens", count(1, 100_000), 32)
      .option("--temperature <t>", "0 takes the most probable token each time", number(0, 100), 0)
      .option("--top-p <p>", "draw from the smallest set with this much probability", number(0, 1), 1)
      .option("--seed <n>", "for drawing", count(0), 0)
      .option("--set <intervention>", "change the model while it writes: scale unit 12.345 at new by 0", several, []);
    gridOptions(command);
  },
  async run(options, context) {
    if (isGrid(options)) {
      const { gridOf } = await import("../grid-run.ts");
      const { tokens, temperature, topP } = options;
      return gridOf({ kind: "generate", generate: { tokens, temperature, topP } }, options, context);
    }
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const { generate } = await import("../../models/generate.ts");
    const open = await openModel(found);
    let opened: Awaited<ReturnType<typeof openBasis>>;
    try {
      const { model, tokenizer } = open;
      opened = await openBasis(options.basis, model, context);
      const { ids, text } = await readPrompt(context.args[0], options, open);
      const about = { basis: opened?.basis, chat: options.chat, signal: context.signal };
      const stages = options.set.length > 0 ? await changed(options.set, open, ids, about) : undefined;
      const phase = context.progress.start("generating");
      let n = 0;
      const made = await generate(model, ids, {
        tokens: options.tokens,
        temperature: options.temperature,
        topP: options.topP,
        seed: options.seed,
        stop: open.eosIds,
        signal: context.signal,
        ...(stages ? { stages } : {}),
        onToken: () => phase.update(++n, options.tokens),
      });
      phase.end();
      const answer = tokenizer ? tokenizer.decode(made) : made.map(id => `#${id}`).join(" ");
      context.result({
        model: model.name,
        prompt: text,
        tokens: ids.map(id => ({ id, text: shown(tokenizer, id) })),
        generated: made.map(id => ({ id, text: shown(tokenizer, id) })),
        text: answer,
      });
      context.out(options.chat ? answer : context.color.dim(text) + answer);
    } finally {
      await opened?.close();
      await open.close();
    }
  },
};

async function changed(
  sentences: readonly string[],
  open: OpenModel,
  ids: readonly number[],
  about: Parameters<typeof contextFor>[2],
) {
  const { parseIntervention } = await import("../../interventions/sentence.ts");
  const { compile, generationStages } = await import("../../interventions/apply.ts");
  const { contextFor } = await import("../../interventions/context-for.ts");
  const context = await contextFor(open, ids, about);
  return generationStages(
    await compile({ interventions: sentences.map(parseIntervention), attention: "live" }, context),
    context,
  );
}
