/** A prompt before and after interventions, as `steer` shows it. */
import type { Basis } from "../features/basis.ts";
import { contextFor } from "../interventions/context-for.ts";
import type { Intervention } from "../interventions/intervention.ts";
import { type Perplexity, perplexity, steer as run } from "../interventions/steer.ts";
import { likely } from "../models/generate.ts";
import { type Prompt, promptOf, shown } from "../models/prompt.ts";
import type { OpenModel } from "../store/open-model.ts";

export interface SteerOptions {
  readonly interventions: readonly Intervention[];
  readonly basis?: Basis | undefined;
  readonly chat?: boolean | undefined;
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
}

export async function steer(open: OpenModel, prompt: Prompt, options: SteerOptions): Promise<Steered> {
  const { tokenizer, eosIds } = open;
  const { interventions, basis, chat, tokens, signal, top } = options;
  const context = await contextFor(open, prompt.ids, { basis, chat, signal });
  const { before, live, frozen, written } = await run(context, interventions, { tokens, stop: eosIds, signal });
  const words = (logits: Float32Array): Word[] =>
    likely(logits, top).map(t => ({ ...t, text: shown(tokenizer, t.id) }));
  const say = (ids: readonly number[]) => (tokenizer ? tokenizer.decode(ids) : ids.map(id => `#${id}`).join(" "));
  return {
    before: words(before),
    live: words(live),
    frozen: words(frozen),
    ...(written ? { text: { before: say(written.before), after: say(written.after) } } : {}),
  };
}

/** Has nothing to do with anything that is steered. */
export const UNRELATED =
  "The train was late again, so she sat down on a bench and opened her book. After an hour it began to rain, and people went inside.";

/** How much the interventions perplex the model on text that has nothing to do with them. */
export async function onUnrelated(
  open: OpenModel,
  interventions: readonly Intervention[],
  { basis, signal }: Pick<SteerOptions, "basis" | "signal">,
): Promise<(Perplexity & { readonly text: string }) | undefined> {
  if (!open.tokenizer) return undefined;
  const context = await contextFor(open, promptOf({ text: UNRELATED }, open).ids, { basis, signal });
  const found = await perplexity(context, interventions, signal);
  return found && { text: UNRELATED, ...found };
}
