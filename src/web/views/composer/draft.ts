/** What somebody is about to ask: everything that stands in the prompt's box and its options. Pure. */

import type { TokenInfo, TraceDocument } from "../../../attribution/document.ts";
import { usualBoxes } from "../../../attribution/grouping.ts";
import type { ChatMessage, Models, PromptInput, TraceInput } from "../../../server/api.ts";
import { shortName } from "../models/short-name.ts";

/** What the prompt is held against: one that the model finds, one's own, or nothing. */
export type Against = "found" | "own" | "nothing";

export interface Draft {
  readonly prompt: string;
  readonly against: Against;
  /** One's own. */
  readonly versus: string;
  readonly chat: boolean;
  /** Earlier turns of a chat. */
  readonly turns: readonly ChatMessage[];
  readonly target: string | undefined;
  readonly foil: string | undefined;
  readonly boxes: number;
  /** "neurons", or a dictionary. */
  readonly basis: string;
}

export const emptyDraft: Draft = {
  prompt: "",
  against: "found",
  versus: "",
  chat: false,
  turns: [],
  target: undefined,
  foil: undefined,
  boxes: usualBoxes,
  basis: "neurons",
};

/** The question of a chart, to be asked again or changed. */
export function draftOf(document: TraceDocument, had: Draft): Draft {
  const { prompt, versus } = document;
  return {
    ...had,
    prompt,
    target: undefined,
    foil: undefined,
    ...(versus && !versus.found ? { against: "own", versus: versus.prompt } : { against: "found", versus: "" }),
  };
}

/** What the server is asked with; undefined while there is nothing to ask. */
export function promptOf(draft: Pick<Draft, "prompt" | "chat" | "turns">): PromptInput | undefined {
  if (draft.prompt.trim() === "") return undefined;
  if (!draft.chat) return { prompt: draft.prompt };
  if (draft.turns.length === 0) return { prompt: draft.prompt, chat: true };
  return { prompt: draft.prompt, chat: [...draft.turns, { role: "user", content: draft.prompt }] };
}

/** One's own contrast, said as the prompt is said. */
export function versusOf(draft: Draft): PromptInput | undefined {
  if (draft.against !== "own" || draft.versus.trim() === "") return undefined;
  return promptOf({ ...draft, prompt: draft.versus });
}

/** A contrast that was found, as it is shown. */
export interface Shown {
  readonly prompt: string;
  readonly tokens: readonly TokenInfo[];
}

/**
 * The question for a trace. `found` is the contrast that is shown, `own` the tokens of one's own; when none is shown yet,
 * the trace looks for one itself. A foil is a question of its own: then nothing is looked for.
 */
export function questionOf(
  draft: Draft,
  { found, own }: { found?: Shown | undefined; own?: readonly TokenInfo[] | undefined },
): TraceInput | undefined {
  const input = promptOf(draft);
  if (!input) return undefined;
  const looks = draft.against === "found" && draft.foil === undefined;
  const typed =
    draft.against === "own" && draft.versus.trim() !== "" ? { prompt: draft.versus, tokens: own } : undefined;
  const other = looks ? found : typed;
  return {
    ...input,
    // Of a chat by ids: the template and earlier turns are then as they were shown.
    ...(other ? { versus: draft.chat && other.tokens ? other.tokens.map(t => t.id) : other.prompt } : {}),
    ...(looks && !other ? { findVersus: true } : {}),
    ...(draft.target === undefined ? {} : { target: draft.target }),
    ...(draft.foil === undefined ? {} : { foil: draft.foil }),
    ...(draft.basis === "neurons" ? {} : { basis: draft.basis }),
    boxes: draft.boxes,
  };
}

/** Seconds that a trace of so many tokens will take, from what traces took here before. */
export function estimate(models: Models | undefined, model: string | undefined, tokens: number | undefined) {
  const known = models?.timings[model ?? ""] ?? models?.timings[shortName(model ?? "").replace(/\.gguf$/, "")];
  if (!known?.length || !tokens) return undefined;
  const rates = known.map(([n, seconds]) => seconds / Math.max(1, n)).sort((a, b) => a - b);
  return rates[Math.floor(rates.length / 2)]! * tokens;
}
