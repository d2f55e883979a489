/**
 * Runs with interventions. A prompt is recorded once; all that is done to it are variants of that run, in batches.
 * The neuron basis: a dictionary's features are not at hand in a grid.
 */
import { Problem } from "../../core/problem.ts";
import { compile, generationStages, variantOf } from "../../interventions/apply.ts";
import type { InterventionContext } from "../../interventions/context.ts";
import { contextFor } from "../../interventions/context-for.ts";
import { logitsUnder } from "../../interventions/read-out.ts";
import { sentence } from "../../interventions/sentence.ts";
import { runVariants, type Variant } from "../../interventions/variants.ts";
import { generate } from "../../models/generate.ts";
import { logitsAt, type Recording } from "../../models/record.ts";
import { predictionOf } from "./answers.ts";
import { textOf, writing } from "./generate-runs.ts";
import { distinct } from "./predict-runs.ts";
import type { Ready, RunContext } from "./ready.ts";

export async function steerRuns(context: RunContext, ready: readonly Ready[]): Promise<void> {
  const others = new Map<string, Promise<Recording>>();
  for (const same of distinct(ready)) {
    const on = await onPrompt(context, same[0]!, others);
    await predictions(context, same, on);
    for (const one of same.filter(r => r.run.kind === "generate")) await written(context, one, on);
  }
}

/** A run of a prompt, and of those that swaps take values from: each once a shard. */
async function onPrompt(
  { open, shared, signal }: RunContext,
  one: Ready,
  others: Map<string, Promise<Recording>>,
): Promise<InterventionContext> {
  const on = await contextFor(open, one.ids, { signal });
  const other = (text: string): Promise<Recording> => {
    let run = others.get(text);
    if (!run) others.set(text, (run = on.other!(text)));
    return run;
  };
  return {
    ...on,
    other,
    supernodes: new Map(Object.entries(shared.supernodes ?? {})),
    directions: new Map(Object.entries(shared.directions ?? {})),
  };
}

const compiledOf = ({ run }: Ready, on: InterventionContext) =>
  compile({ interventions: run.set!, attention: run.attention ?? "live" }, on);

async function predictions(context: RunContext, same: readonly Ready[], on: InterventionContext): Promise<void> {
  const { open, results, signal } = context;
  const { recording } = on;
  const unchanged = await logitsAt(recording);
  const todo: { one: Ready; variant: Variant }[] = [];
  for (const one of same.filter(r => r.run.kind === "predict")) {
    await results.attempt(one.run, async () => {
      // What is wrong with a run's answers is said before anything runs.
      predictionOf(open, one.run, unchanged);
      todo.push({ one, variant: variantOf(await compiledOf(one, on), on) });
    });
  }
  const run = async (some: typeof todo) => {
    const variants = some.map(t => t.variant);
    const streams = await runVariants(recording, variants, { signal });
    const read = await logitsUnder(recording, streams, { attention: "live" });
    for (const [i, { one }] of some.entries()) {
      results.put(one, {
        set: one.run.set!.map(sentence),
        ...predictionOf(open, one.run, read[i]!),
        before: predictionOf(open, one.run, unchanged),
      });
    }
  };
  try {
    await run(todo);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // One of them blows the stream up: alone, each gets what is its own.
    for (const t of todo) await results.attempt(t.one.run, () => run([t]));
  }
}

async function written(context: RunContext, one: Ready, on: InterventionContext): Promise<void> {
  const { open, results, signal } = context;
  const { run } = one;
  await results.attempt(run, async () => {
    const stages = generationStages(await compiledOf(one, on), on);
    const common = { ...writing(run), seed: run.seed ?? 0, stop: open.eosIds, signal };
    const unchanged = await logitsAt(on.recording);
    const before = {
      ...predictionOf(open, run, unchanged),
      text: textOf(open, await generate(open.model, one.ids, common)),
    };
    const made = await generate(open.model, one.ids, { ...common, stages });
    results.put(one, { set: run.set!.map(sentence), text: textOf(open, made), made, before });
  });
}
