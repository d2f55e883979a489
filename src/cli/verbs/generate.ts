/** `lucida generate`: text from a model. */

import { shown } from "../../models/prompt.ts";
import { modelFor, modelOption } from "../model.ts";
import { type PromptOptions, promptOptions, readPrompt } from "../prompt.ts";
import { count, number, type Verb } from "../verb.ts";

interface Options extends PromptOptions {
  readonly model: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
}

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(promptOptions(command))
      .option("--tokens <n>", "most new tokens", count(1, 100_000), 32)
      .option("--temperature <t>", "0 takes the most probable token each time", number(0, 100), 0)
      .option("--top-p <p>", "draw from the smallest set with this much probability", number(0, 1), 1)
      .option("--seed <n>", "for drawing", count(0), 0);
  },
  async run(options, context) {
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const { generate } = await import("../../models/generate.ts");
    const open = await openModel(found);
    try {
      const { model, tokenizer } = open;
      const { ids, text } = await readPrompt(context.args[0], options, open);
      const phase = context.progress.start("generating");
      let n = 0;
      const made = await generate(model, ids, {
        tokens: options.tokens,
        temperature: options.temperature,
        topP: options.topP,
        seed: options.seed,
        stop: open.eosIds,
        signal: context.signal,
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
      await open.close();
    }
  },
};
