/**
 * A line of the corpus: a template with its slots filled.
 *
 *   "The capital of {region} is| {capital}|."
 *
 * Before the first bar is the prompt, between the bars the answer, after the second the rest of the document.
 * Where a slot lands is remembered (a mark), so that a study can find the city or the wrong hint without searching.
 */
import { internal } from "../../core/problem.ts";

/** Where something stands in a text: UTF-16 offsets, end excluded. */
export interface Mark {
  readonly role: string;
  readonly start: number;
  readonly end: number;
}

export interface Line {
  readonly text: string;
  readonly promptEnd: number;
  readonly answerEnd: number;
  /** Slots filled in the prompt. */
  readonly marks: readonly Mark[];
}

type Part = { literal: string } | { slot: string } | "bar";
const parsed = new Map<string, Part[]>();

function parse(template: string): Part[] {
  const parts: Part[] = [];
  for (const piece of template.split(/(\{[A-Za-z0-9]+\}|\|)/)) {
    if (piece === "|") parts.push("bar");
    else if (/^\{[A-Za-z0-9]+\}$/.test(piece)) parts.push({ slot: piece.slice(1, -1) });
    else if (piece) parts.push({ literal: piece });
  }
  if (parts.filter(p => p === "bar").length !== 2) throw internal(`a template needs two bars: ${template}`);
  return parts;
}

export type Values = Readonly<Record<string, string | number>>;

/** Fills a template. A literal brace in code is written as a slot: {open}, {close}. */
export function line(template: string, values: Values): Line {
  let parts = parsed.get(template);
  if (!parts) parsed.set(template, (parts = parse(template)));
  let text = "";
  let promptEnd = -1;
  let answerEnd = -1;
  const marks: Mark[] = [];
  for (const part of parts) {
    if (part === "bar") {
      if (promptEnd < 0) promptEnd = text.length;
      else answerEnd = text.length;
    } else if ("slot" in part) {
      const value = values[part.slot];
      if (value === undefined) throw internal(`no value for {${part.slot}} in ${template}`);
      const start = text.length;
      text += value;
      if (promptEnd < 0) marks.push({ role: part.slot, start, end: text.length });
    } else text += part.literal;
  }
  return { text, promptEnd, answerEnd, marks };
}

export const promptOf = (l: Line): string => l.text.slice(0, l.promptEnd);
export const answerOf = (l: Line): string => l.text.slice(l.promptEnd, l.answerEnd);
