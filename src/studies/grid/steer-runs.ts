/**
 * Runs with interventions, many prompts of one length at once: they are recorded side by side, and what is done to them
 * are variants of those runs, side by side again; texts are written so as well. Attention that is frozen is each prompt's
 * own, so those runs share no pass with another prompt's.
 */
import { internal, Problem } from "../../core/problem.ts";
import type { Basis } from "../../features/basis.ts";
import { neurons } from "../../features/neurons.ts";
import { compile, generationStages, variantOf } from "../../interventions/apply.ts";
import type { InterventionContext } from "../../interventions/context.ts";
import { contextOn } from "../../interventions/context-for.ts";
import type { Compiled } from "../../interventions/edits/edit.ts";
import { sentence } from "../../interventions/sentence.ts";
import { stagesTogether } from "../../interventions/stages-together.ts";
import { type Job, runAcross } from "../../interventions/variants.ts";
import { generateAll } from "../../models/generate.ts";
import { finalStream, type Recording, recordRuns } from "../../models/record.ts";
import { predictionOf } from "./answers.ts";
import { textOf, writing } from "./generate-runs.ts";
import { batchesOf, distinct } from "./predict-runs.ts";
import type { Ready, RunContext } from "./ready.ts";
import { type RunResult, rounded } from "./result.ts";

/** Tokens that are recorded at once, and the floats that their recordings may hold: about an eighth of a gigabyte. */
const batchTokens = 1024;
const recordedFloats = 2 ** 25;

/** A run whose prompt is recorded: what it says as it is, and what is to be done to it. */
interface Prepared {
  readonly one: Ready;
  readonly on: InterventionContext;
  readonly compiled: Compiled;
  /** [vocabulary] */
  readonly unchanged: Float32Array;
  /** Its units' activations, where it asks for some. */
  readonly units: Pick<RunResult, "units">;
}

export async function steerRuns(context: RunContext, ready: readonly Ready[]): Promise<void> {
  for (const some of byBasis(ready)) {
    const basis = await basisOf(context, some);
    if (!basis) continue;
    const others = new Map<string, Promise<Recording>>();
    for (const batch of batchesOf(distinct(some), tokensAtOnce(context))) {
      const prepared = await prepare(context, batch, basis, others);
      await predictions(
        context,
        prepared.filter(p => p.one.run.kind === "predict" && p.one.run.set?.length),
      );
      for (const p of prepared.filter(p => !p.one.run.set?.length))
        context.results.put(p.one, { ...predictionOf(context.open, p.one.run, p.unchanged), ...p.units });
      await texts(
        context,
        prepared.filter(p => p.one.run.kind === "generate"),
      );
    }
  }
}

/** Runs of one basis together. */
export function byBasis(ready: readonly Ready[]): Ready[][] {
  const groups = new Map<string, Ready[]>();
  for (const one of ready) {
    const key = JSON.stringify(one.run.basis ?? null);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

/** The basis of runs that share one. Undefined where it cannot be opened: each of them then has that for its error. */
export async function basisOf({ open, results }: RunContext, ready: readonly Ready[]): Promise<Basis | undefined> {
  const reference = ready[0]?.run.basis;
  if (reference === undefined) return neurons(open.model);
  let basis: Basis | undefined;
  for (const { run } of ready) {
    await results.attempt(run, async () => {
      if (!open.basis) throw internal("a dictionary was asked for where none can be opened");
      basis ??= await open.basis(reference);
    });
  }
  return basis;
}

function tokensAtOnce({ open }: RunContext): number {
  const { layers, config } = open.model;
  return Math.min(batchTokens, Math.floor(recordedFloats / (layers * (3 * config.dMlp + 4 * config.dModel))));
}

/** Records the batch, once a prompt, and makes of each run's interventions what they are on its prompt. */
async function prepare(
  { open, results, shared, signal }: RunContext,
  batch: readonly Ready[][],
  basis: Basis,
  others: Map<string, Promise<Recording>>,
): Promise<Prepared[]> {
  const { model } = open;
  const { dModel, vocabulary } = model.config;
  const recordings = await recordRuns(
    model,
    batch.map(([first]) => first!.ids),
    { signal, readTaps: basis.readTaps },
  );
  const last = new Float32Array(batch.length * dModel);
  for (const [b, recording] of recordings.entries()) last.set(finalStream(recording), b * dModel);
  const logits = await model.logits(last);
  const prepared: Prepared[] = [];
  for (const [b, same] of batch.entries()) {
    const own = await contextOn(open, recordings[b]!, { basis, signal });
    const on: InterventionContext = {
      ...own,
      // A run that swaps take values from: once a shard.
      other: text => {
        let run = others.get(text);
        if (!run) others.set(text, (run = own.other!(text)));
        return run;
      },
      supernodes: new Map(Object.entries(shared.supernodes ?? {})),
      directions: new Map(Object.entries(shared.directions ?? {})),
    };
    const unchanged = logits.subarray(b * vocabulary, (b + 1) * vocabulary);
    for (const one of same) {
      await results.attempt(one.run, async () => {
        // What is wrong with a run's answers is said before anything runs.
        predictionOf(open, one.run, unchanged);
        const compiled = await compile(
          { interventions: one.run.set ?? [], attention: one.run.attention ?? "live" },
          on,
        );
        prepared.push({ one, on, compiled, unchanged, units: unitsOf(one, on) });
      });
    }
  }
  return prepared;
}

/** Activations at the last token before anything is changed; 0 of a feature that is silent there. */
function unitsOf({ run }: Ready, { recording, basis }: InterventionContext): Pick<RunResult, "units"> {
  if (!run.units?.length) return {};
  const position = recording.tokens - 1;
  const values = run.units.map(({ layer, index }): [string, number] => {
    if (layer >= recording.model.layers || index >= basis.basis.width) {
      throw new Problem(
        `unit ${layer}.${index} is not there: ${basis.basis.name} has ${basis.basis.width} units in each of ${recording.model.layers} layers`,
      );
    }
    const number = basis.number({ layer, position, index });
    return [`${layer}.${index}`, number === undefined ? 0 : rounded(basis.activation(number))];
  });
  return { units: Object.fromEntries(values) };
}

async function predictions(context: RunContext, prepared: readonly Prepared[]): Promise<void> {
  const { open, results, signal } = context;
  const { dModel, vocabulary } = open.model.config;
  const run = async (some: readonly Prepared[]) => {
    const jobs: Job[] = some.map(({ on, compiled }) => ({
      recording: on.recording,
      variant: variantOf(compiled, on),
    }));
    const streams = await runAcross(jobs, { signal });
    const all = new Float32Array(streams.length * dModel);
    for (const [i, stream] of streams.entries()) all.set(stream, i * dModel);
    const logits = await open.model.logits(all);
    for (const [i, { one, unchanged, units }] of some.entries()) {
      results.put(one, {
        set: one.run.set!.map(sentence),
        ...predictionOf(open, one.run, logits.subarray(i * vocabulary, (i + 1) * vocabulary)),
        before: predictionOf(open, one.run, unchanged),
        ...units,
      });
    }
  };
  if (prepared.length === 0) return;
  try {
    await run(prepared);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // One of them blows the stream up: alone, each gets what is its own.
    for (const p of prepared) await results.attempt(p.one.run, () => run([p]));
  }
}

/** Texts before and under interventions: those that are asked for alike, side by side. */
async function texts(context: RunContext, prepared: readonly Prepared[]): Promise<void> {
  const alike = new Map<string, Prepared[]>();
  for (const p of prepared) {
    // Frozen, the prompt's own patterns are held: no two prompts share them.
    const alone = (p.one.run.attention ?? "live") === "frozen" ? p.one.run.id : "";
    const key = JSON.stringify([writing(p.one.run), alone]);
    alike.set(key, [...(alike.get(key) ?? []), p]);
  }
  for (const some of alike.values()) {
    try {
      await written(context, some);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      for (const p of some) await context.results.attempt(p.one.run, () => written(context, [p]));
    }
  }
}

async function written({ open, results, signal }: RunContext, some: readonly Prepared[]): Promise<void> {
  const { model } = open;
  const stages = some.map(({ on, compiled }) => generationStages(compiled, on));
  const ids = some.map(({ one }) => one.ids);
  const common = {
    ...writing(some[0]!.one.run),
    seed: some.map(({ one }) => one.run.seed ?? 0),
    stop: open.eosIds,
    signal,
  };
  const before = await generateAll(model, ids, common);
  const made = await generateAll(model, ids, {
    ...common,
    stages: step => (stages.length === 1 ? stages[0]!(step) : stagesTogether(stages.map(of => of(step)))),
  });
  for (const [b, { one, unchanged }] of some.entries()) {
    results.put(one, {
      set: one.run.set!.map(sentence),
      text: textOf(open, made[b]!),
      made: made[b]!,
      before: { ...predictionOf(open, one.run, unchanged), text: textOf(open, before[b]!) },
    });
  }
}
