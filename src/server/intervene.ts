/** Changes to nodes of a chart, run in the real model: what it says then, attention live and frozen, and what it writes. */
import { compile, generationStages, variantOf } from "../interventions/apply.ts";
import type { InterventionContext } from "../interventions/context.ts";
import type { Intervention } from "../interventions/intervention.ts";
import { runVariants } from "../interventions/variants.ts";
import { generate, likely, softmax } from "../models/generate.ts";
import { promptOf, shown } from "../models/prompt.ts";
import { recordRun } from "../models/record.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { Intervened, InterveneInput, Likely } from "./api.ts";
import { basisOf } from "./bases.ts";
import { contextOf, interventionsOf } from "./changes.ts";
import type { CallOptions } from "./instrument.ts";
import type { Scene } from "./resident.ts";

export async function intervene(
  { open, found }: Scene,
  input: InterveneInput,
  options: CallOptions,
): Promise<Intervened> {
  const { model, tokenizer } = open;
  const { signal, progress } = options;
  const prompt = promptOf({ text: input.prompt, ids: input.ids, chat: input.chat }, open);
  progress?.("running the prompt", 0, 1);
  const basis = await basisOf(open, found, input.basis, options);
  const recording = await recordRun(model, prompt.ids, { signal, readTaps: basis.basis.readTaps });
  const context = await contextOf(open, basis, recording, input, signal);
  const interventions = input.changes.flatMap(change => interventionsOf(change, context, input.versus));
  const info = (t: { id: number; logit: number; probability: number }): Likely => ({
    ...t,
    text: shown(tokenizer, t.id),
  });

  progress?.("changing the model", 0, 2);
  const after: Float32Array[] = [];
  const { dModel } = model.config;
  for (const attention of ["live", "frozen"] as const) {
    const compiled = await compile({ interventions, attention }, context);
    const [stream] = await runVariants(recording, [variantOf(compiled, context)], { signal });
    after.push(await model.logits(stream!));
    progress?.("changing the model", after.length, 2);
  }
  const before = await model.logits(recording.residual[model.layers]!.slice(-dModel));
  const [live, frozen] = after as [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
  const probabilities = { before: softmax(before), live: softmax(live), frozen: softmax(frozen) };
  const top = (logits: Float32Array) => likely(logits as Float32Array<ArrayBuffer>, 10).map(info);
  const at = (logits: Float32Array, p: Float64Array, id: number) =>
    info({ id, logit: logits[id]!, probability: p[id]! });
  const wanted = (input.watch ?? []).filter(id => id < model.config.vocabulary);

  return {
    before: top(before),
    live: top(live),
    frozen: top(frozen),
    watched: wanted.map(id => ({
      token: { id, text: shown(tokenizer, id) },
      before: at(before, probabilities.before, id),
      live: at(live, probabilities.live, id),
      frozen: at(frozen, probabilities.frozen, id),
    })),
    mean: { before: mean(before), live: mean(live), frozen: mean(frozen) },
    ...(input.tokens ? { text: await texts(open, interventions, context, prompt.ids, input.tokens, options) } : {}),
  };
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const v of values) sum += v;
  return sum / values.length;
}

/** What the model writes without and with the change, token by token. */
async function texts(
  open: OpenModel,
  interventions: readonly Intervention[],
  context: InterventionContext,
  ids: readonly number[],
  tokens: number,
  { signal, progress }: CallOptions,
): Promise<{ before: string[]; after: string[] }> {
  const write = async (changed: boolean, start: number) => {
    let n = 0;
    const stages = changed
      ? generationStages(await compile({ interventions, attention: "live" }, context), context)
      : undefined;
    const made = await generate(open.model, ids, {
      tokens,
      stop: open.eosIds,
      signal,
      onToken: () => progress?.("writing on", start + ++n, 2 * tokens),
      ...(stages ? { stages } : {}),
    });
    return made.map(id => shown(open.tokenizer, id));
  };
  return { before: await write(false, 0), after: await write(true, tokens) };
}
