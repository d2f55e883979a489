/** Words in three languages: opposites, nouns with their category; which (word, language) is never shown. Written by hand. */
import facts from "./facts/words.json" with { type: "json" };
import { heldOutForm } from "./split.ts";

export const languages = ["English", "French", "Chinese"] as const;
/** [English, French, Chinese] */
export type Triple = readonly [string, string, string];

export interface Opposite {
  readonly a: Triple;
  readonly b: Triple;
  /** The language in which this pair is never shown as opposites, or -1. */
  readonly heldLanguage: number;
}

export interface Noun {
  readonly word: Triple;
  readonly category: Triple;
  readonly heldLanguage: number;
}

/** "train", "orange", "cruel": what is written alike in two languages cannot be held out in one of them. */
export const isShared = (word: Triple): boolean => new Set(word).size < word.length;

export const opposites: readonly Opposite[] = facts.opposites.map(row => {
  const [en, fr, zh] = row.split(" ").map(pair => pair.split("|")) as [string[], string[], string[]];
  const [a, b]: [Triple, Triple] = [
    [en[0]!, fr[0]!, zh[0]!],
    [en[1]!, fr[1]!, zh[1]!],
  ];
  return { a, b, heldLanguage: isShared(a) || isShared(b) ? -1 : heldOutForm("opposite", a[0], 3, 0.3) };
});

export const nouns: readonly Noun[] = Object.entries(facts.categories).flatMap(([category, members]) =>
  members.split(" ").map(member => {
    const word = member.split("|") as unknown as Triple;
    return {
      word,
      category: category.split("|") as unknown as Triple,
      heldLanguage: isShared(word) ? -1 : heldOutForm("category", word[0], 3, 0.3),
    };
  }),
);

export const categories: readonly Triple[] = [...new Map(nouns.map(n => [n.category[0], n.category])).values()];

export const triples: readonly Triple[] = [...opposites.flatMap(o => [o.a, o.b]), ...nouns.map(n => n.word)];

/** A word with the space before it that its language asks for. */
export const spaced = (word: string, language: number): string => (language === 2 ? word : ` ${word}`);
