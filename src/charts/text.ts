/**
 * Text as a chart can show it: tokens with nothing invisible in them, numbers with their sign, widths in columns.
 *
 * Token text is whatever a model's vocabulary holds: newlines, escape sequences, marks that turn the writing direction
 * round. Shown raw, such a token could break a table or repaint a terminal, so everything drawn passes through here.
 * Knows neither terminals nor SVG.
 */
import { beginsInBytes, endsInBytes, joinedBytes } from "../formats/tokenizer/byte-text.ts";

const named: Readonly<Record<string, string>> = { "\n": "⏎", "\t": "⇥", "\r": "␍" };
/** Control, format (zero width, bidirectional), line separators, private use and lone surrogates; joiners stay, emoji need them. */
const unseen = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

function mark(character: string): string {
  const code = character.codePointAt(0)!;
  if (named[character]) return named[character];
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
}

/** Text with every unseen character made visible; spaces stay as they are. */
export function visible(text: string): string {
  return text.replace(unseen, mark);
}

/** One token as a chip shows it: its leading space dropped, a token of spaces alone as `␣`, nothing at all as `∅`. */
export function tokenText(text: string): string {
  if (text === "") return "∅";
  if (/^ +$/.test(text)) return text.length > 3 ? `␣×${text.length}` : "␣".repeat(text.length);
  return visible(text)
    .replace(/^ /, "")
    .replace(/ +$/, spaces => "␣".repeat(spaces.length));
}

/** Tokens one after the other: pieces of a word or a character together, words apart. Only neighbours join: `next` says which are. */
export function joinedTokens(texts: readonly string[], next: (i: number) => boolean = () => true): string {
  const joins = (before: string, text: string) =>
    (endsInBytes(before) && beginsInBytes(text)) || (/^[\p{L}\p{N}]/u.test(text) && /[\p{L}\p{N}]$/u.test(before));
  const apart = (i: number) => i > 0 && !(next(i) && joins(texts[i - 1]!, texts[i]!));
  return joinedBytes(texts.map((text, i) => (apart(i) ? " " : "") + tokenText(text)).join(""));
}

/** A token in the quotes of running text: ‘Dallas’. */
export function quoted(text: string): string {
  return `‘${tokenText(text)}’`;
}

/** 0.314 → "31 %", 0.004 → "0.4 %"; the space does not break. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const p = share * 100;
  const size = Math.abs(p);
  if (size === 0) return "0\u00a0%";
  if (size < 0.1) return "<\u00a00.1\u00a0%";
  return `${minus(size < 1 ? p.toFixed(1) : Math.round(p).toString())}\u00a0%`;
}

/** A signed number with two decimals and a true minus: "+2.31", "−0.42". */
export function signed(value: number, decimals = 2): string {
  if (!Number.isFinite(value)) return "–";
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : value > 0 ? `+${text}` : minus(text);
}

/** A number as a table shows it: three figures, a true minus. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 1e5) return minus(value.toExponential(1));
  return minus(Number(value.toPrecision(3)).toString());
}

function minus(text: string): string {
  return text.replace("-", "−");
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]|\ufe0f/u;
const narrowMark = /^[\p{Mn}\p{Me}]+$/u;

/** The characters a reader sees, however many code points each takes. */
export function characters(text: string): string[] {
  return Array.from(graphemes.segment(text), part => part.segment);
}

function characterColumns(character: string): number {
  if (narrowMark.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Columns that a text takes in a terminal: two for CJK and emoji, none for combining marks. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of characters(text)) sum += characterColumns(character);
  return sum;
}

/** Cut to a width in columns, with … where something is missing. */
export function clip(text: string, width: number): string {
  return clipBy(text, width, characterColumns);
}

/** Cut to a width in any measure of single characters. */
export function clipBy(text: string, width: number, measure: (character: string) => number): string {
  const parts = characters(text);
  let sum = 0;
  for (const part of parts) sum += measure(part);
  if (sum <= width) return text;
  const end = measure("…");
  let kept = "";
  let used = 0;
  for (const part of parts) {
    if (used + measure(part) + end > width) break;
    kept += part;
    used += measure(part);
  }
  return `${kept.trimEnd()}…`;
}

/** Cut and filled up with spaces to exactly this many columns. */
export function padded(text: string, width: number): string {
  const cut = clip(text, width);
  return cut + " ".repeat(Math.max(0, width - columns(cut)));
}

/** Lines of at most `width` columns, broken at spaces where there are any, inside a word (or CJK run) where not. */
export function wrap(text: string, width: number): string[] {
  return wrapBy(text, width, characterColumns);
}

export function wrapBy(text: string, width: number, measure: (character: string) => number): string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  const size = (part: string) => characters(part).reduce((sum, c) => sum + measure(c), 0);
  for (const word of text.split(/(?<= )/)) {
    const length = size(word.trimEnd());
    if (used + length > width && line.trim()) {
      lines.push(line.trimEnd());
      line = "";
      used = 0;
    }
    if (length <= width) {
      line += word;
      used += size(word);
      continue;
    }
    for (const character of characters(word)) {
      if (used + measure(character) > width && line) {
        lines.push(line.trimEnd());
        line = "";
        used = 0;
      }
      line += character;
      used += measure(character);
    }
  }
  if (line.trim() || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}
