/**
 * What the words of the language tasks stand for, whatever the language: "petit", "small" and "微小" are one concept.
 *
 * Pairs of words are so few that a model learns them by heart, a code for each language. So, in training only, a linear
 * head has to name the concept where a word has been read, and again where the answer is about to be said.
 */
import { answerOf, type Mark } from "./line.ts";
import type { Document } from "./mixture.ts";
import { categories, triples } from "./words.ts";

const all = [...triples, ...categories];
/** Concepts that a head tells apart. */
export const conceptCount = all.length;
/** No word stands for two. */
export const conceptOf: ReadonlyMap<string, number> = new Map(all.flatMap((words, i) => words.map(w => [w, i])));

const languageTasks: ReadonlySet<string> = new Set(["opposites", "opposites-across", "categories", "translation"]);

export interface Concepts {
  /** Words of the prompt, and what they stand for. */
  readonly read: readonly (Mark & { readonly concept: number })[];
  /** What the answer stands for. */
  readonly said?: number;
}

/** Of a document of the language tasks; nothing of others. */
export function conceptsIn(document: Document): Concepts {
  if (!languageTasks.has(document.task)) return { read: [] };
  const read = document.marks.flatMap(mark => {
    const concept = conceptOf.get(document.text.slice(mark.start, mark.end));
    return concept === undefined ? [] : [{ ...mark, concept }];
  });
  const said = conceptOf.get(answerOf(document).trim());
  return { read, ...(said === undefined ? {} : { said }) };
}
