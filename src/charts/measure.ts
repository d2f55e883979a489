/**
 * How wide a text will be in the system's sans-serif font, in pixels: an estimate from classes of characters, a little
 * generous, since a drawing made as a string has no font to ask. Knows nothing else.
 */
import { characters, clipBy, wrapBy } from "./text.ts";

const narrowLetters = /[iljtfrI.,:;'"“”‘’!|()[\] ·]/;
const broadLetters = /[mwMW@%—…→⏎]/;
const capitals = /[A-ZÄÖÜ0-9+−=<>#&$?_~]/;
const full =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\p{Emoji_Presentation}]/u;

/** Width of one character as a share of the font size. */
function em(character: string): number {
  if (full.test(character)) return 1.04;
  if (narrowLetters.test(character)) return 0.34;
  if (broadLetters.test(character)) return 0.9;
  if (capitals.test(character)) return 0.67;
  return 0.6;
}

/** Estimated width in pixels. Bold letters are about 10 % wider. */
export function textWidth(text: string, size: number, bold = false): number {
  let sum = 0;
  for (const character of characters(text)) sum += em(character);
  return sum * size * (bold ? 1.1 : 1);
}

/** Cut to a width in pixels, with … where something is missing. */
export function clipPixels(text: string, width: number, size: number, bold = false): string {
  const factor = size * (bold ? 1.1 : 1);
  return clipBy(text, width, c => em(c) * factor);
}

/** Lines no wider than `width` pixels. */
export function wrapPixels(text: string, width: number, size: number, bold = false): string[] {
  const factor = size * (bold ? 1.1 : 1);
  return wrapBy(text, width, c => em(c) * factor);
}
