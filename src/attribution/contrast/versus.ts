/**
 * What a trace is held against: the other prompt that was asked for, or one that is found where none was.
 */
import { Problem } from "../../core/problem.ts";
import { type Asked, type Prompt, type PromptRequest, promptOf, shown, typedPositions } from "../../models/prompt.ts";
import type { Recording } from "../../models/record.ts";
import { type ContrastOptions, findContrasts } from "./contrast.ts";

/** Throws a Problem when the other prompt has another number of tokens. */
export function givenVersus(
  versus: string | readonly number[],
  chat: PromptRequest["chat"],
  asked: Asked,
  prompt: Prompt,
): Prompt {
  const other =
    typeof versus === "string"
      ? promptOf({ text: versus, chat: chat !== undefined && chat !== false }, asked)
      : promptOf({ ids: versus }, asked);
  if (other.ids.length === prompt.ids.length) return other;
  const pieces = (ids: readonly number[]) => ids.map(id => JSON.stringify(shown(asked.tokenizer, id))).join(" ");
  // Only where they differ: a chat's template would fill the screen.
  let start = 0;
  while (prompt.ids[start] === other.ids[start] && start < Math.min(prompt.ids.length, other.ids.length)) start++;
  let end = 0;
  const least = Math.min(prompt.ids.length, other.ids.length) - start;
  while (end < least && prompt.ids.at(-1 - end) === other.ids.at(-1 - end)) end++;
  const differs = (ids: readonly number[]) => pieces(ids.slice(start, ids.length - end)) || "nothing";
  throw new Problem(
    `the prompt has ${prompt.ids.length} tokens and the contrast ${other.ids.length}; they must have as many, since they are compared position by position`,
    {
      where: `where they differ: ${differs(prompt.ids)} against ${differs(other.ids)}`,
      advice: "a contrast that differs in words of as many tokens",
    },
  );
}

/** Another prompt of as many tokens with another answer. */
export interface VersusChoice extends Prompt {
  /** Where it differs from the prompt. */
  readonly positions: readonly number[];
  /** Its most probable next token. */
  readonly answer: number;
  /** How far the two answers' difference in logits moves between the prompts. */
  readonly gap: number;
}

export interface VersusChoices {
  /** Best first. */
  readonly found: readonly VersusChoice[];
  /** Prompts that were run. */
  readonly tried: number;
}

/** Contrasts for a recorded prompt; none for a model without a tokenizer, which knows no words. */
export async function findVersus(
  asked: Asked,
  request: PromptRequest,
  recording: Recording,
  options: ContrastOptions = {},
): Promise<VersusChoices> {
  const { model, tokenizer } = asked;
  if (!tokenizer) return { found: [], tried: 0 };
  const typed = typedPositions(request, recording.ids, tokenizer);
  const { found, tried } = await findContrasts(model, tokenizer, recording, {
    ...options,
    allowed: position => typed.has(position),
  });
  const text = (ids: readonly number[]) => {
    const some = ids.filter((id, position) => typed.has(position) && !tokenizer.specialIds.has(id));
    return tokenizer.decode(some);
  };
  return {
    tried,
    found: found.map(({ ids, positions, answer, gap }) => ({ ids, text: text(ids), positions, answer, gap })),
  };
}
