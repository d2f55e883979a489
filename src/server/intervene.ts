/** Changes to nodes of a chart, run in the real model: what it says then, attention live and frozen, and what it writes. */
import { contextFor } from "../interventions/context-for.ts";
import { steer } from "../interventions/steer.ts";
import { likely, softmax } from "../models/generate.ts";
import { promptOf, shown } from "../models/prompt.ts";
import type { Intervened, InterveneInput, Likely } from "./api.ts";
import { basisOf } from "./bases.ts";
import { interventionsOf } from "./changes.ts";
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
  const context = await contextFor(open, prompt.ids, { basis: basis.basis, chat: input.chat, signal });
  const interventions = input.changes.flatMap(change => interventionsOf(change, context, input.versus));
  const text = (id: number) => shown(tokenizer, id);
  const info = (t: { id: number; logit: number; probability: number }): Likely => ({
    ...t,
    text: text(t.id),
  });

  progress?.("changing the model", 0, 2);
  const { before, live, frozen, written } = await steer(context, interventions, {
    tokens: input.tokens,
    stop: open.eosIds,
    signal,
    progress,
  });
  const probabilities = { before: softmax(before), live: softmax(live), frozen: softmax(frozen) };
  const top = (logits: Float32Array) => likely(logits, 10).map(info);
  const at = (logits: Float32Array, p: Float64Array, id: number) =>
    info({ id, logit: logits[id]!, probability: p[id]! });
  const wanted = (input.watch ?? []).filter(id => id < model.config.vocabulary);

  return {
    before: top(before),
    live: top(live),
    frozen: top(frozen),
    watched: wanted.map(id => ({
      token: { id, text: text(id) },
      before: at(before, probabilities.before, id),
      live: at(live, probabilities.live, id),
      frozen: at(frozen, probabilities.frozen, id),
    })),
    mean: { before: mean(before), live: mean(live), frozen: mean(frozen) },
    ...(written ? { text: { before: written.before.map(text), after: written.after.map(text) } } : {}),
  };
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const v of values) sum += v;
  return sum / values.length;
}
