/** Each method of the instrument, answered with the model at hand. Runs in the worker. */
import { trace } from "../attribution/trace.ts";
import { Problem } from "../core/problem.ts";
import { forward } from "../models/forward.ts";
import { generate, likely } from "../models/generate.ts";
import { promptOf, shown } from "../models/prompt.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { ModelState, PromptInput } from "./api.ts";
import type { CallOptions, Method, Methods } from "./instrument.ts";
import { intervene } from "./intervene.ts";
import { unitFacts } from "./unit-facts.ts";

type Answers = {
  [M in Method]: (
    open: OpenModel,
    input: Methods[M]["input"],
    options: CallOptions,
    state: ModelState,
  ) => Promise<Methods[M]["result"]>;
};

const idsOf = (open: OpenModel, input: PromptInput) =>
  promptOf({ text: input.prompt, ids: input.ids, chat: input.chat }, open).ids;
const named = (open: OpenModel, ids: readonly number[]) => ids.map(id => ({ id, text: shown(open.tokenizer, id) }));

export const answers: Answers = {
  load: async (_open, _input, _options, state) => state,

  async tokens(open, input) {
    return { tokens: named(open, idsOf(open, input)), context: open.model.config.context };
  },

  async predict(open, input, { signal }) {
    const { model } = open;
    const ids = idsOf(open, input);
    const x = await forward(model, [ids], { signal });
    const logits = await model.logits(x.slice(-model.config.dModel));
    const top = likely(logits, 12).map(t => ({ ...t, text: shown(open.tokenizer, t.id) }));
    return { tokens: named(open, ids), context: model.config.context, top };
  },

  async trace(open, input, { signal, progress }) {
    const { prompt, verify: _, ...rest } = input;
    const traced = await trace(
      open,
      { ...rest, text: prompt },
      { precision: open.precision, signal, progress: (stage, done, of) => progress?.(stage, done, of) },
    );
    return traced.document;
  },

  async verify() {
    throw new Problem("verification is not part of this build yet");
  },

  intervene,

  async generate(open, input, { signal, progress }) {
    const ids = idsOf(open, input);
    let n = 0;
    const made = await generate(open.model, ids, {
      tokens: input.tokens,
      temperature: input.temperature ?? 0,
      seed: input.seed ?? 0,
      stop: open.eosIds,
      signal,
      onToken: () => progress?.("writing", ++n, input.tokens),
    });
    return { prompt: named(open, ids), tokens: named(open, made) };
  },

  async watch(open, input, { signal, progress }) {
    const { model } = open;
    const { dMlp } = model.config;
    const ids = idsOf(open, input);
    const bad = input.units.find(u => u.layer >= model.layers || u.index >= dMlp);
    if (bad) throw new Problem(`there is no unit ${bad.layer}.${bad.index} in ${model.name}`);
    const activations = input.units.map(() => new Array<number>(ids.length).fill(0));
    await forward(model, [ids], {
      signal,
      progress: layer => progress?.("reading", layer + 1, model.layers),
      stages: {
        hidden(layer, hidden) {
          input.units.forEach((unit, u) => {
            if (unit.layer !== layer) return;
            for (let t = 0; t < ids.length; t++) activations[u]![t] = hidden[t * dMlp + unit.index]!;
          });
        },
      },
    });
    return { tokens: named(open, ids), activations };
  },

  unit: (open, input) => unitFacts(open, input),
};
