/**
 * How a text falls apart before it is looked up: the same cuts as the `Split` pattern in tokenizer.json.
 *
 * A long name (" New York") is one piece; so is each digit, each Chinese character, each sign and each line break;
 * a word takes the one space before it. Pieces joined give the text back.
 */
import { longNames } from "../corpus/places.ts";

/** Written without anything that JavaScript's and Oniguruma's regular expressions read differently. */
export const splitPattern: string = [
  ` ?(?:${[...longNames].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).join("|")})(?![\\p{L}\\p{M}])`,
  "\\p{N}",
  "[一-鿿]",
  " ?(?:(?![一-鿿])[\\p{L}\\p{M}])+",
  "\\n",
  " ?[^\\s\\p{L}\\p{M}\\p{N}]",
  "\\s",
].join("|");

const pattern = new RegExp(splitPattern, "gu");

/** The pieces of a text. */
export const cut = (text: string): string[] => text.match(pattern) ?? [];

/** GPT-2's printable stand-ins for bytes: printable Latin-1 stands for itself, the rest moves up to U+0100 and on. */
const letterOfByte: string[] = (() => {
  const letters: string[] = [];
  let next = 256;
  for (let b = 0; b < 256; b++) {
    const shown = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
    letters.push(String.fromCodePoint(shown ? b : next++));
  }
  return letters;
})();
export const byteLetters: readonly string[] = letterOfByte;

const encoder = new TextEncoder();
/** " é" as the tokenizer's file writes it: "ĠÃ©". */
export function toByteLetters(text: string): string {
  let out = "";
  for (const byte of encoder.encode(text)) out += letterOfByte[byte]!;
  return out;
}
const byteOfLetter = new Map(letterOfByte.map((letter, byte) => [letter, byte]));
/** Back to bytes. */
export const fromByteLetters = (text: string): Uint8Array =>
  Uint8Array.from([...text].map(letter => byteOfLetter.get(letter)!));
