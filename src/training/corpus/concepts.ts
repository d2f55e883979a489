/**
 * What the words of the language tasks stand for, whatever the language: "petit", "small" and "微小" are one concept.
 *
 * Pairs of words are so few that a model learns them by heart, a code for each language. So, in training only, a linear
 * head has to name the concept where a word has been read, and again where the answer is about to be said.
 * A city stands for what it lies in: so that whatever is asked about it (its capital, for a city whose state alone was
 * told) starts from there. A line's last word stands for the words that rhyme with it, and a person for whether one knows
 * them. So does a name that code reads or calls, where that is asked for: given in it, or not.
 */
import { answerOf, type Mark } from "./line.ts";
import type { Document } from "./mixture.ts";
import { knownNames } from "./names.ts";
import { cities, regions } from "./places.ts";
import { rhymes } from "./rhymes.ts";
import { categories, triples } from "./words.ts";

const all = [...triples, ...categories];
const lands = Object.values(regions).flat();
const families = 1 + Math.max(...rhymes.map(r => r.family));
/** Concepts that a head tells apart: those of words; states, countries and empires; families of rhymes; strangers and known people. */
export const conceptCount = all.length + lands.length + families + 2;
/** No word stands for two. */
export const conceptOf: ReadonlyMap<string, number> = new Map(all.flatMap((words, i) => words.map(w => [w, i])));

/** What a city lies in, as a concept. */
export const landOf: ReadonlyMap<string, number> = new Map(
  Object.values(cities)
    .flat()
    .map(({ name, region }) => [name, all.length + lands.indexOf(region)]),
);

/** The words that rhyme with a word, as a concept. */
export const familyOfRhyme: ReadonlyMap<string, number> = new Map(
  rhymes.map(({ word, family }) => [word, all.length + lands.length + family]),
);
const ifKnown = (known: boolean): number => conceptCount - (known ? 1 : 2);

const languageTasks: ReadonlySet<string> = new Set(["opposites", "opposites-across", "categories", "translation"]);

type Named = readonly (Mark & { readonly concept: number })[];

export interface Concepts {
  /** Words of the prompt, and what they stand for. */
  readonly read: Named;
  /** Cities of the prompt, and what they lie in; words that are rhymed with; people and names in code, and whether they are known. */
  readonly placed: Named;
  /** What the answer stands for. */
  readonly said?: number;
}

/** Words and answers of the language tasks, cities wherever a slot was filled with one, words to rhyme with, invented people. */
export function conceptsIn(document: Document, namesInCode = false): Concepts {
  const placed = placedIn(document, namesInCode);
  if (!languageTasks.has(document.task)) return { read: [], placed };
  const said = conceptOf.get(answerOf(document).trim());
  const read = named(document, document.marks, word => conceptOf.get(word));
  return { read, placed, ...(said === undefined ? {} : { said }) };
}

function placedIn(document: Document, namesInCode: boolean): Named {
  const inRole = (role: string, concept: (text: string) => number | undefined) =>
    named(
      document,
      document.marks.filter(mark => mark.role === role),
      concept,
    );
  switch (document.task) {
    case "couplets":
      return inRole("end", word => familyOfRhyme.get(word));
    case "rhyme-words":
      return inRole("word", word => familyOfRhyme.get(word));
    case "people":
      return inRole("person", name => ifKnown(knownNames.has(name)));
    case "bugs":
      return namesInCode ? namesRead(document) : [];
    default:
      return inRole("city", name => landOf.get(name));
  }
}

const named = ({ text }: Document, marks: readonly Mark[], concept: (text: string) => number | undefined): Named =>
  marks.flatMap(mark => {
    const found = concept(text.slice(mark.start, mark.end));
    return found === undefined ? [] : [{ ...mark, concept: found }];
  });

/** Names that code reads or calls, and whether they were given before. */
function namesRead(document: Document): Named {
  const { text, marks } = document;
  const calls = marks.filter(mark => mark.role === "f").slice(1);
  const givers = marks.filter(({ role }) => ["f", "a", "b"].includes(role));
  const given = new Set(givers.map(mark => text.slice(mark.start, mark.end)));
  const read = marks.filter(mark => ["left", "right", "called"].includes(mark.role) || calls.includes(mark));
  return named(document, read, name => ifKnown(given.has(name)));
}
