/** One pass through the model, by the length of the prompt. */
import { forward } from "../../models/forward.ts";
import { median } from "./median.ts";
import { type Figure, peakMemory, type Question, seconds, someIds } from "./question.ts";

export const predict: Question = {
  name: "predict",
  what: "How long does a prediction take, by the length of the prompt?",
  async run({ open, signal, quick, progress }) {
    const { model, close } = await open();
    const { vocabulary, dModel, context } = model.config;
    const sizes = (quick ? [1, 16] : [1, 16, 64, 256, 1024]).filter(n => n <= context);
    const figures: Figure[] = [];
    for (const [i, tokens] of sizes.entries()) {
      const once = async () => {
        const x = await forward(model, [someIds(tokens, vocabulary)], { signal });
        await model.logits(x.slice(-dModel));
      };
      // The first also loads what is missing, and meets new sizes.
      await once();
      const times: number[] = [];
      for (let k = 0; k < (tokens > 256 ? 3 : 7); k++) times.push(await seconds(once));
      figures.push({ name: `predict, ${tokens} tokens`, value: 1000 * median(times)!, unit: "ms" });
      progress(i + 1, sizes.length);
    }
    await close();
    return [...figures, { name: "predict, peak memory", value: peakMemory(), unit: "MB" }];
  },
};
