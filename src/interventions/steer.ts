/**
 * One prompt before and after interventions: what the model says with attention live and frozen, what it writes on, and
 * whether text that has nothing to do with it still makes sense to the model.
 */

import { type GenerateOptions, generate, softmax } from "../models/generate.ts";
import { logitsAt } from "../models/record.ts";
import { compile, generationStages, variantOf } from "./apply.ts";
import type { InterventionContext } from "./context.ts";
import type { Intervention } from "./intervention.ts";
import { logitsUnder } from "./read-out.ts";
import { runVariants } from "./variants.ts";

export interface SteerOptions extends Pick<GenerateOptions, "stop" | "signal"> {
  /** New tokens to write on with and without the change; 0 or left out for none. */
  readonly tokens?: number | undefined;
  readonly progress?: ((stage: string, done: number, of: number) => void) | undefined;
}

export interface Steered {
  /** [vocabulary] at the prompt's end. */
  readonly before: Float32Array<ArrayBuffer>;
  readonly live: Float32Array<ArrayBuffer>;
  readonly frozen: Float32Array<ArrayBuffer>;
  /** Ids of what is written on, attention live. */
  readonly written?: { readonly before: readonly number[]; readonly after: readonly number[] };
}

/** Throws a Problem, naming the intervention, for what does not exist here, and where numbers stop being finite. */
export async function steer(
  context: InterventionContext,
  interventions: readonly Intervention[],
  options: SteerOptions = {},
): Promise<Steered> {
  const { recording } = context;
  const { model, ids } = recording;
  const { signal, stop, progress, tokens = 0 } = options;
  const under = async (attention: "live" | "frozen", done: number) => {
    const compiled = await compile({ interventions, attention }, context);
    const streams = await runVariants(recording, [variantOf(compiled, context)], { signal });
    progress?.("changing the model", done, 2);
    return (await logitsUnder(recording, streams, { attention }))[0]!;
  };
  const live = await under("live", 1);
  const frozen = await under("frozen", 2);
  const before = await logitsAt(recording);
  if (tokens === 0) return { before, live, frozen };
  let n = 0;
  const common = { tokens, stop, signal, onToken: () => progress?.("writing on", ++n, 2 * tokens) } as GenerateOptions;
  const stages = generationStages(await compile({ interventions, attention: "live" }, context), context);
  const written = {
    before: await generate(model, ids, common),
    after: await generate(model, ids, { ...common, stages }),
  };
  return { before, live, frozen, written };
}

/** How well a text is expected by the model, exp(mean −log p of each next token), as it is and under interventions. */
export interface Perplexity {
  readonly before: number;
  readonly after: number;
  /** Mean Kullback-Leibler divergence of the next token's distributions, before against after, in nats. */
  readonly divergence: number;
  /**
   * The model is not steered but broken: more than twice as perplexed, or saying something else altogether (a model that
   * never knew such text is perplexed anyhow).
   */
  readonly broken: boolean;
}

const MOST_PERPLEXED = 2;
/** In nats. */
const MOST_DIVERGED = 1;

/**
 * Perplexity of the context's text, which has nothing to do with the interventions, with and without them at every
 * token, attention live. Undefined for changes that mean one prompt only: swaps, and boxes of units at its places.
 */
export async function perplexity(
  context: InterventionContext,
  interventions: readonly Intervention[],
  signal?: AbortSignal,
): Promise<Perplexity | undefined> {
  if (interventions.some(i => i.do === "swap" || i.site.at === "supernode")) return undefined;
  const { recording } = context;
  const { model, tokens, ids, residual } = recording;
  const { dModel } = model.config;
  const everywhere = interventions.map((i): Intervention => ({ ...i, positions: "all" }));
  const compiled = await compile({ interventions: everywhere, attention: "live" }, { ...context, silentIsFine: true });
  const positions = Array.from({ length: tokens - 1 }, (_, p) => p);
  const [streams] = await runVariants(recording, [variantOf(compiled, context)], { positions, signal });
  const expected = async (stream: Float32Array<ArrayBuffer>, p: number) =>
    softmax(await model.logits(stream.slice(p * dModel, (p + 1) * dModel)));
  let [lost, lostAfter, diverged] = [0, 0, 0];
  for (const p of positions) {
    const before = await expected(residual[model.layers]!, p);
    const after = await expected(streams!, p);
    const next = ids[p + 1]!;
    lost -= Math.log(Math.max(before[next]!, 1e-30));
    lostAfter -= Math.log(Math.max(after[next]!, 1e-30));
    diverged += before.reduce((sum, v, i) => sum + (v > 0 ? v * Math.log(v / Math.max(after[i]!, 1e-30)) : 0), 0);
  }
  const [before, after] = [lost, lostAfter].map(sum => Math.exp(sum / positions.length)) as [number, number];
  const divergence = diverged / positions.length;
  return { before, after, divergence, broken: after > MOST_PERPLEXED * before || divergence > MOST_DIVERGED };
}
