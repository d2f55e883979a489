/** A prompt run before and after interventions, frozen and live, with what is written on: what `steer` shows. */
import { neurons } from "../features/neurons.ts";
import { compile, generationStages, variantOf } from "../interventions/apply.ts";
import type { InterventionContext } from "../interventions/context.ts";
import type { Intervention } from "../interventions/intervention.ts";
import { logitsUnder } from "../interventions/read-out.ts";
import { runVariants } from "../interventions/variants.ts";
import { generate, likely, softmax } from "../models/generate.ts";
import { type Prompt, promptOf, shown } from "../models/prompt.ts";
import { recordRun } from "../models/record.ts";
import type { OpenModel } from "../store/open-model.ts";

export interface SteerOptions {
  readonly interventions: readonly Intervention[];
  /** Tokens to write on, 0 for none. */
  readonly tokens: number;
  readonly top: number;
  readonly signal: AbortSignal;
}

export interface Word {
  readonly id: number;
  readonly text: string;
  readonly logit: number;
  readonly probability: number;
}

export interface Steered {
  readonly before: readonly Word[];
  readonly live: readonly Word[];
  readonly frozen: readonly Word[];
  readonly text?: { readonly before: string; readonly after: string };
  /** Kullback-Leibler divergence of unrelated text's next tokens, live against untouched, in nats: "broke the model". */
  readonly unrelated?: { readonly prompt: string; readonly divergence: number } | undefined;
}

export async function contextFor(
  open: OpenModel,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<InterventionContext> {
  const { model, tokenizer } = open;
  const recording = await recordRun(model, ids, { signal });
  return {
    recording,
    texts: ids.map(id => shown(tokenizer, id)),
    basis: await neurons(model).on(recording),
    other: async text => recordRun(model, promptOf({ text }, open).ids, { signal }),
  };
}

export async function steer(open: OpenModel, prompt: Prompt, options: SteerOptions): Promise<Steered> {
  const { model, tokenizer } = open;
  const { interventions, signal } = options;
  const context = await contextFor(open, prompt.ids, signal);
  const { recording } = context;
  const after: Float32Array<ArrayBuffer>[] = [];
  for (const attention of ["live", "frozen"] as const) {
    const compiled = await compile({ interventions, attention }, context);
    const streams = await runVariants(recording, [variantOf(compiled, context)], { signal });
    after.push((await logitsUnder(recording, streams, { attention }))[0]!);
  }
  const before = await model.logits(recording.residual[model.layers]!.slice(-model.config.dModel));
  const words = (logits: Float32Array<ArrayBuffer>): Word[] =>
    likely(logits, options.top).map(t => ({ ...t, text: shown(tokenizer, t.id) }));
  const [live, frozen] = after as [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
  return {
    before: words(before),
    live: words(live),
    frozen: words(frozen),
    ...(options.tokens > 0 ? { text: await written(open, prompt, context, options) } : {}),
  };
}

async function written(open: OpenModel, prompt: Prompt, context: InterventionContext, options: SteerOptions) {
  const { model, tokenizer } = open;
  const say = (ids: readonly number[]) => (tokenizer ? tokenizer.decode(ids) : ids.map(id => `#${id}`).join(" "));
  const common = { tokens: options.tokens, stop: open.eosIds, signal: options.signal };
  const stages = generationStages(
    await compile({ interventions: options.interventions, attention: "live" }, context),
    context,
  );
  return {
    before: say(await generate(model, prompt.ids, common)),
    after: say(await generate(model, prompt.ids, { ...common, stages })),
  };
}

/** How far interventions at every token move the next tokens of a text that has nothing to do with them, in nats. */
export async function divergenceOn(
  open: OpenModel,
  text: string,
  interventions: readonly Intervention[],
  signal: AbortSignal,
): Promise<number> {
  const { model } = open;
  const everywhere = interventions.map((i): Intervention => ({ ...i, positions: "all" }));
  const context = await contextFor(open, promptOf({ text }, open).ids, signal);
  const compiled = await compile({ interventions: everywhere, attention: "live" }, context);
  const [stream] = await runVariants(context.recording, [variantOf(compiled, context)], { signal });
  const p = softmax(await model.logits(context.recording.residual[model.layers]!.slice(-model.config.dModel)));
  const q = softmax(await model.logits(stream!));
  return p.reduce((sum, v, i) => sum + (v > 0 ? v * Math.log(v / Math.max(q[i]!, 1e-30)) : 0), 0);
}
