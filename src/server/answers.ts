/** Each method of the instrument, answered with the model at hand. Runs in the worker. */
import type { TraceDocument } from "../attribution/document.ts";
import { verifyTrace } from "../attribution/verify/verify-trace.ts";
import { Problem } from "../core/problem.ts";
import { forward } from "../models/forward.ts";
import { generate, likely } from "../models/generate.ts";
import { promptOf, shown } from "../models/prompt.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { ModelState, PromptInput } from "./api.ts";
import { edgeHeads } from "./edge-heads.ts";
import type { CallOptions, Method, Methods } from "./instrument.ts";
import { intervene } from "./intervene.ts";
import { traceAnew, traceOf } from "./traces.ts";
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

const verified = (
  traced: Awaited<ReturnType<typeof traceOf>>,
  { signal, progress }: CallOptions,
): Promise<TraceDocument> => verifyTrace(traced, { signal, progress: (done, of) => progress?.("verify", done, of) });

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
    const { prompt, verify, ...rest } = input;
    const traced = await traceAnew(open, { ...rest, text: prompt }, { signal, progress });
    return verify ? verified(traced, { signal, progress }) : traced.document;
  },

  async verify(open, { document }, options) {
    // Boxes may have been renamed or regrouped since: the nodes are the same.
    return verified({ ...(await traceOf(open, document, options)), document }, options);
  },

  heads: (open, input, options) => edgeHeads(open, input, options),

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
