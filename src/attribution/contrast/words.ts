/**
 * The words of a prompt as spans of tokens, and of what sort each is: a contrast puts another word of the same sort and
 * of as many tokens in its place. Special tokens, marks and function words are not replaced.
 */
import type { Tokenizer } from "../../formats/tokenizer/tokenizer.ts";

/** With a space before it or not, beginning with a capital or not; digits. */
export type Sort = "word" | "Word" | " word" | " Word" | "number" | " number";

export interface Word {
  readonly start: number;
  readonly end: number;
  readonly sort: Sort;
  /** Without the space before it. */
  readonly text: string;
}

const functionWords = new Set(
  "a an the of to in on at is are was were be been being am and or but nor not no it its that this these those there here with for from by as about into onto over under than then when while where which who whom whose what why how if so do does did done has have had having will would can could shall should may might must i you we he she they him her his hers them their our your my me us mine ours".split(
    " ",
  ),
);

/** Does a token go on with the word before it? */
export const continues = (text: string): boolean => /^[\p{L}\p{M}'’]/u.test(text);

/** Is a word done before this token: a space, a line's end, a mark, or a special token? */
export const endsWord = (text: string): boolean => !/^[\p{L}\p{M}\p{N}_\-'’]/u.test(text);

/** What sort of word it is; undefined for what is not replaced. */
export function sortOf(text: string): Sort | undefined {
  const bare = text.trim();
  const space = text.startsWith(" ") ? " " : "";
  if (/^\d+$/.test(bare)) return `${space}number`;
  if (!/^\p{L}[\p{L}\p{M}'’]*$/u.test(bare) || functionWords.has(bare.toLowerCase())) return undefined;
  return /^\p{Lu}/u.test(bare) ? `${space}Word` : `${space}word`;
}

/** @param allowed positions that may be replaced: of a chat, what was typed and not the template around it */
export function wordsOf(
  tokenizer: Tokenizer,
  ids: readonly number[],
  allowed: (position: number) => boolean = () => true,
): Word[] {
  const texts = ids.map(id => (tokenizer.specialIds.has(id) ? "\n" : tokenizer.token(id)));
  const words: Word[] = [];
  for (let start = 0; start < texts.length; ) {
    let end = start + 1;
    const digits = /^\s?\d+$/.test(texts[start]!);
    if (!digits) while (end < texts.length && continues(texts[end]!)) end++;
    const spelled = texts.slice(start, end).join("");
    const sort = sortOf(spelled);
    const all = Array.from({ length: end - start }, (_, i) => start + i);
    // A splinter of "Dallas-based" or of a name with digits is not a word of its own.
    const whole = digits || end >= texts.length || endsWord(texts[end]!);
    if (sort && whole && all.every(allowed)) words.push({ start, end, sort, text: spelled.trim() });
    start = end;
  }
  return words;
}
