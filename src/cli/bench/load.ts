/** From a file to a model that can predict, and to one that can trace. */
import { loadPrograms } from "../../attribution/asked-runs.ts";
import { neurons } from "../../features/neurons.ts";
import { forward } from "../../models/forward.ts";
import { peakMemory, type Question, seconds, someIds } from "./question.ts";

export const load: Question = {
  name: "load",
  what: "How long until a model answers, and until it can be traced? In how much memory?",
  async run({ open, signal, progress }) {
    const start = performance.now();
    const { model, close } = await open();
    const x = await forward(model, [someIds(2, model.config.vocabulary)], { signal });
    await model.logits(x.slice(-model.config.dModel));
    const first = (performance.now() - start) / 1000;
    const memory = peakMemory();
    await model.release();
    const all = await seconds(async () => {
      await loadPrograms(model, neurons(model), progress, signal);
      await model.loadUnembedding();
    });
    await close();
    return [
      { name: "load and first prediction", value: first, unit: "s", goal: { most: 2.5 } },
      { name: "load and first prediction, peak memory", value: memory, unit: "MB", goal: { most: 1600 } },
      { name: "load for a trace", value: all, unit: "s", goal: { most: 2.5 } },
    ];
  },
};
