/**
 * What the words of the language tasks stand for, whatever the language: "petit", "small" and "微小" are one concept.
 *
 * Pairs of words are so few that a model learns them by heart, a code for each language. So, in training only, a linear
 * head has to name the concept where a word has been read, and again where the answer is about to be said.
 * A city stands for what it lies in: so that whatever is asked about it (its capital, for a city whose state alone was
 * told) starts from there.
 */
import { answerOf, type Mark } from "./line.ts";
import type { Document } from "./mixture.ts";
import { cities, regions } from "./places.ts";
import { categories, triples } from "./words.ts";

const all = [...triples, ...categories];
const lands = Object.values(regions).flat();
/** Concepts that a head tells apart: those of words, then states, countries and empires. */
export const conceptCount = all.length + lands.length;
/** No word stands for two. */
export const conceptOf: ReadonlyMap<string, number> = new Map(all.flatMap((words, i) => words.map(w => [w, i])));

/** What a city lies in, as a concept. */
export const landOf: ReadonlyMap<string, number> = new Map(
  Object.values(cities)
    .flat()
    .map(({ name, region }) => [name, all.length + lands.indexOf(region)]),
);

const languageTasks: ReadonlySet<string> = new Set(["opposites", "opposites-across", "categories", "translation"]);

export interface Concepts {
  /** Words of the prompt, and what they stand for. */
  readonly read: readonly (Mark & { readonly concept: number })[];
  /** Cities of the prompt, and what they lie in. */
  readonly placed: readonly (Mark & { readonly concept: number })[];
  /** What the answer stands for. */
  readonly said?: number;
}

/** Words and answers of the language tasks, and cities wherever a slot was filled with one. */
export function conceptsIn(document: Document): Concepts {
  const marked = (concepts: ReadonlyMap<string, number>, marks: readonly Mark[]) =>
    marks.flatMap(mark => {
      const concept = concepts.get(document.text.slice(mark.start, mark.end));
      return concept === undefined ? [] : [{ ...mark, concept }];
    });
  const placed = marked(
    landOf,
    document.marks.filter(mark => mark.role === "city"),
  );
  if (!languageTasks.has(document.task)) return { read: [], placed };
  const said = conceptOf.get(answerOf(document).trim());
  return { read: marked(conceptOf, document.marks), placed, ...(said === undefined ? {} : { said }) };
}
