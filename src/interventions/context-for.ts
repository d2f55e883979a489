/** The context of interventions on a prompt: its recorded run, the units at hand, and other prompts' runs for swaps. */
import type { Basis } from "../features/basis.ts";
import { neurons } from "../features/neurons.ts";
import { type Asked, type PromptRequest, promptOf, shown } from "../models/prompt.ts";
import { type Recording, recordRun } from "../models/record.ts";
import type { InterventionContext } from "./context.ts";
import { featuresOn } from "./dictionary-features.ts";

export interface ContextOptions {
  /** The model's own neurons when left out. */
  readonly basis?: Basis | undefined;
  /** Are prompts turns of a chat? Then so are those that a swap takes values from. */
  readonly chat?: PromptRequest["chat"];
  readonly signal?: AbortSignal | undefined;
}

/** Runs the prompt. */
export async function contextFor(
  asked: Asked,
  ids: readonly number[],
  options: ContextOptions = {},
): Promise<InterventionContext> {
  const basis = options.basis ?? neurons(asked.model);
  const recording = await recordRun(asked.model, ids, { signal: options.signal, readTaps: basis.readTaps });
  return contextOn(asked, recording, { ...options, basis });
}

/** On a run that is recorded already. */
export async function contextOn(
  asked: Asked,
  recording: Recording,
  { basis = neurons(asked.model), chat, signal }: ContextOptions = {},
): Promise<InterventionContext> {
  const { model, tokenizer } = asked;
  const onPrompt = await basis.on(recording);
  const features = featuresOn(onPrompt, model);
  return {
    recording,
    texts: recording.ids.map(id => shown(tokenizer, id)),
    basis: onPrompt,
    ...(features ? { features } : {}),
    other: async text => {
      const { ids } = promptOf({ text, chat: chat !== undefined && chat !== false }, asked);
      return recordRun(model, ids, { signal, readTaps: basis.readTaps });
    },
  };
}
