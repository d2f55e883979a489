/** `lucida predict`: the most probable next tokens. */

import { shown } from "../../models/prompt.ts";
import { type GridOptions, gridOptions, isGrid } from "../grid.ts";
import { modelFor, modelOption } from "../model.ts";
import { type PromptOptions, promptOptions, readPrompt } from "../prompt.ts";
import { count, type Verb, WrongCommand } from "../verb.ts";

interface Options extends PromptOptions, GridOptions {
  readonly model: string;
  readonly top: number;
}

export const verb: Verb<Options> = {
  configure(command) {
    gridOptions(
      modelOption(promptOptions(command)).option("--top <n>", "how many tokens to show", count(1, 10_000), 10),
    );
  },
  async run(options, context) {
    if (isGrid(options)) {
      const { gridOf } = await import("../grid-run.ts");
      return gridOf({ kind: "predict", top: Math.min(options.top, 10) }, options, context);
    }
    const ignored = (options.set ?? []).length > 0 ? "--set" : options.basis === "neurons" ? undefined : "--basis";
    if (ignored)
      throw new WrongCommand(`${ignored} changes nothing here: one prediction is of the model as it is`, {
        advice: "lucida steer, which takes both, and says before and after",
      });
    const found = await modelFor(options.model, context);
    const { openModel } = await import("../../store/open-model.ts");
    const { forward } = await import("../../models/forward.ts");
    const { likely } = await import("../../models/generate.ts");
    const open = await openModel(found);
    try {
      const { model, tokenizer } = open;
      const { ids } = await readPrompt(context.args[0], options, open);
      const phase = context.progress.start("running the model");
      const x = await forward(model, [ids], {
        signal: context.signal,
        progress: layer => phase.update(layer + 1, model.layers + 1),
      });
      const logits = await model.logits(x.slice(-model.config.dModel));
      phase.end();
      const top = likely(logits, options.top).map(t => ({ ...t, text: shown(tokenizer, t.id) }));
      context.result({
        model: model.name,
        tokens: ids.map(id => ({ id, text: shown(tokenizer, id) })),
        top: top.map(({ id, text, logit, probability }) => ({ id, text, logit, probability })),
      });
      const { color } = context;
      context.out(color.dim(`${model.name}, ${ids.length} token${ids.length === 1 ? "" : "s"}`));
      context.out("");
      const wide = Math.max(...top.map(t => JSON.stringify(t.text).length));
      for (const t of top) {
        const bar = "█".repeat(Math.round(t.probability * 40));
        context.out(
          `  ${JSON.stringify(t.text).padEnd(wide)}  ${(100 * t.probability).toFixed(1).padStart(5)} %  ${color.dim(t.logit.toFixed(3).padStart(8))}  ${color.cyan(bar)}`,
        );
      }
    } finally {
      await open.close();
    }
  },
};
