/** A trace against a contrast, and its verification: boxes, paths, controls, sufficiency and necessity. */
import { trace } from "../../attribution/trace.ts";
import { verifyTrace } from "../../attribution/verify/verify-trace.ts";
import { forward } from "../../models/forward.ts";
import { argmax } from "../../models/generate.ts";
import type { Model } from "../../models/model.ts";
import { type Question, seconds, someIds } from "./question.ts";

export const verify: Question = {
  name: "verify",
  what: "How long does verification take, against the trace that it verifies (16 tokens, 500 nodes, a contrast)?",
  async run({ open, signal, quick, progress }) {
    const opened = await open();
    const ids = someIds(16, opened.model.config.vocabulary);
    const request = { ids, versus: await otherAnswer(ids, opened), units: quick ? 50 : 500 };
    let stage = 0;
    const options = { precision: opened.precision, signal, progress: () => progress(++stage, 0) };
    const traced = await trace(opened, request, options);
    // Again, with all programs made: what is compared are two pieces of work, not one of them with the loading.
    const tracing = await seconds(() => trace(opened, request, options));
    const verifying = await seconds(() => verifyTrace(traced, { signal }));
    await opened.close();
    return [
      { name: "verify, the trace", value: tracing, unit: "s" },
      { name: "verify, the verification", value: verifying, unit: "s" },
      { name: "verify, against the trace", value: verifying / tracing, unit: "times", goal: { most: 3 } },
    ];
  },
};

/** The prompt with one token changed, such that another token is most probable. */
async function otherAnswer(ids: readonly number[], { model }: { readonly model: Model }): Promise<number[]> {
  const answer = async (prompt: readonly number[]) => {
    const last = await forward(model, [prompt]);
    return argmax(await model.logits(last.slice((prompt.length - 1) * model.config.dModel)));
  };
  const own = await answer(ids);
  for (let k = 1; k < 40; k++) {
    const other = ids.with(ids.length - 2 - (k % 4), ids[k % ids.length]! + 11 * k);
    if ((await answer(other)) !== own) return other;
  }
  return ids.toReversed();
}
