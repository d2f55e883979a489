/** A whole trace of a short prompt, from the start of the process. */
import { trace } from "../../attribution/trace.ts";
import { type Figure, peakMemory, type Question, someIds } from "./question.ts";

export const wholeTrace: Question = {
  name: "trace",
  what: "How long does a whole trace of 16 tokens with 500 expanded units take, from the start of the process?",
  async run({ open, signal, quick, progress }) {
    const opened = await open();
    const ids = someIds(16, opened.model.config.vocabulary);
    let stage = 0;
    const { document } = await trace(
      opened,
      { ids, units: quick ? 50 : 500 },
      { precision: opened.precision, signal, progress: () => progress(++stage, 0) },
    );
    // Counted from the start of the process: performance.now() is 0 there.
    const whole = performance.now() / 1000;
    await opened.close();
    const stages = Object.entries(document.timings ?? {}).map(
      ([name, value]): Figure => ({ name: `trace, ${name}`, value, unit: "s" }),
    );
    return [
      { name: "trace, from process start", value: whole, unit: "s", goal: { most: 6 } },
      ...stages,
      { name: "trace, peak memory", value: peakMemory(), unit: "MB" },
    ];
  },
};
