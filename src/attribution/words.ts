/** Tokens as a reader sees them: which tokens belong to one word, and how a stretch of the prompt is quoted. */
import { beginsInBytes, endsInBytes, joinedBytes } from "../formats/tokenizer/byte-text.ts";

/** [position] the number of the word that each token belongs to. A token that goes on inside a word shares its number. */
export function wordOf(tokens: readonly { readonly text: string }[]): number[] {
  let word = -1;
  let before = "";
  return tokens.map(({ text }) => {
    const goesOn =
      (endsInBytes(before) && beginsInBytes(text)) ||
      (/^[\p{L}\p{M}\p{N}]/u.test(text) && /[\p{L}\p{M}\p{N}]$/u.test(before));
    if (!goesOn) word++;
    before = text;
    return word;
  });
}

/** ‘Dallas’: the tokens of a stretch in quotation marks, long stretches shortened in the middle. */
export function quote(tokens: readonly { readonly text: string }[], first: number, last: number): string {
  const texts = tokens.slice(first, last + 1).map(token => token.text);
  const whole = joinedBytes(texts.join(""));
  const text = whole.trim() === "" ? whole.replaceAll("\n", "⏎").replaceAll(" ", "␣") : whole.trim();
  const seen = text.replaceAll("\n", "⏎");
  return `‘${seen.length > 24 ? `${seen.slice(0, 12)}…${seen.slice(-10)}` : seen}’`;
}
