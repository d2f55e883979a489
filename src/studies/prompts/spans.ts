/** Where a stretch of text lies among the tokens of a prompt, for any tokenizer. */

import type { Tokenizer } from "../../formats/tokenizer/tokenizer.ts";
import { andBefore } from "../../training/corpus/examples.ts";
import type { Mark } from "../../training/corpus/line.ts";
import type { Place } from "../item.ts";

/**
 * Tokens of each mark, by role. Found by decoding ever longer beginnings of the prompt, so it holds for byte pieces and
 * for tokens that begin with a space alike; `lead` tokens (BOS, a chat's frame) come before the text.
 */
export function spansOf(
  tokenizer: Pick<Tokenizer, "decode">,
  ids: readonly number[],
  text: string,
  marks: readonly Mark[],
): Record<string, Place> {
  const whole = tokenizer.decode(ids);
  const begin = whole.lastIndexOf(text.trimEnd());
  if (begin < 0) return {};
  const ends = ids.map((_, i) => tokenizer.decode(ids.slice(0, i + 1)).length - begin);
  const spans: Record<string, Place> = {};
  for (const { role, start, end } of marks) {
    const last = ends.findIndex(e => e >= end);
    // A token that ends inside the mark, or begins in it, belongs to it; one that ends where it starts does not.
    const first = ends.findIndex(e => e > start);
    if (first < 0 || last < first || end <= start) continue;
    spans[role] = andBefore({ first, last }, spans[role]);
  }
  return spans;
}

/** Ids of prompt and answer, cut where the prompt ends; the answer alone where they share a token. */
export function answerIdsOf(
  tokenizer: Pick<Tokenizer, "encode">,
  ids: readonly number[],
  prompt: string,
  answer: string,
): number[] {
  if (answer === "") return [];
  const whole = tokenizer.encode(prompt + answer);
  const shares = ids.some((id, i) => whole[i] !== id);
  return shares ? tokenizer.encode(answer, { special: false }) : whole.slice(ids.length);
}
