/** Each method of the instrument, answered with the model at hand. Runs in the worker. */

import { findVersus } from "../attribution/contrast/versus.ts";
import type { TraceDocument } from "../attribution/document.ts";
import { verifyTrace } from "../attribution/verify/verify-trace.ts";
import { forward } from "../models/forward.ts";
import { argmax, generate, likely } from "../models/generate.ts";
import { promptOf, shown, tokenNamed } from "../models/prompt.ts";
import { logitsAt, recordRun } from "../models/record.ts";
import type { OpenModel } from "../store/open-model.ts";
import type { ModelState, PromptInput } from "./api.ts";
import { basisChoices } from "./bases.ts";
import { boxRoles } from "./box-roles.ts";
import { indexNow } from "./build-index.ts";
import { edgeHeads } from "./edge-heads.ts";
import type { CallOptions, Method, Methods } from "./instrument.ts";
import { intervene } from "./intervene.ts";
import type { Scene } from "./resident.ts";
import { traceAnew, traceOf } from "./traces.ts";
import { unitFacts } from "./unit-facts.ts";
import { watch } from "./watch.ts";

type Answers = {
  [M in Method]: (
    scene: Scene,
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
  load: async (_scene, _input, _options, state) => state,

  async tokens({ open }, input) {
    return { tokens: named(open, idsOf(open, input)), context: open.model.config.context };
  },

  async predict({ open }, input, { signal }) {
    const { model } = open;
    const ids = idsOf(open, input);
    const x = await forward(model, [ids], { signal });
    const logits = await model.logits(x.slice(-model.config.dModel));
    const top = likely(logits, 12).map(t => ({ ...t, text: shown(open.tokenizer, t.id) }));
    return { tokens: named(open, ids), context: model.config.context, top };
  },

  async trace(scene, input, options) {
    const { prompt, verify, ...rest } = input;
    const traced = await traceAnew(scene, { ...rest, text: prompt }, options);
    return verify ? verified(traced, options) : traced.document;
  },

  async verify(scene, { document }, options) {
    // Boxes may have been renamed or regrouped since: the nodes are the same.
    return verified({ ...(await traceOf(scene, document, options)), document }, options);
  },

  async contrast({ open }, input, { signal, progress }) {
    const request = { text: input.prompt, ids: input.ids, chat: input.chat };
    const { ids } = promptOf(request, open);
    const { model, tokenizer } = open;
    const recording = await recordRun(model, ids, { signal });
    const logits = await logitsAt(recording);
    const answer = input.target === undefined ? argmax(logits) : tokenNamed(input.target, open);
    const { found, tried } = await findVersus(open, request, recording, {
      answer,
      signal,
      progress: (done, of) => progress?.("versus", done, of),
    });
    const info = (id: number) => ({ id, text: shown(tokenizer, id) });
    return {
      answer: info(answer),
      tried,
      found: found.slice(0, 12).map(({ text, ids, positions, answer, gap }) => ({
        prompt: text,
        tokens: named(open, ids),
        positions,
        answer: info(answer),
        gap,
      })),
    };
  },

  roles: (scene, { document }, options) => boxRoles(scene, document, options),

  heads: edgeHeads,

  intervene,

  async generate({ open }, input, { signal, progress }) {
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

  watch,

  unit: unitFacts,

  bases: ({ open, found }) => basisChoices(open, found),

  index: indexNow,
};
