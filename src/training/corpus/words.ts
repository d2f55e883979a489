/** Words in three languages: opposites, nouns with their category; which (word, language) is never shown. Written by hand. */
import facts from "./facts/words.json" with { type: "json" };
import type { Random } from "./random.ts";
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

/** Of the `count` forms of what these words make up (languages, ways), the one held out, or -1. */
export const heldFormOf = (kind: string, words: readonly Triple[], count: number, share: number): number =>
  words.some(isShared) ? -1 : heldOutForm(kind, words[0]![0], count, share);

/** How often, in the tasks that mix, a frame is of another language than the word in it. */
export const mixedShare = 0.45;

/** Another of the three languages with this probability; where that is 0 nothing is drawn. */
export const perhapsAnother = (random: Random, language: number, probability: number): number =>
  probability > 0 && random.chance(probability) ? (language + 1 + random.below(2)) % 3 : language;

export const opposites: readonly Opposite[] = facts.opposites.map(row => {
  const [en, fr, zh] = row.split(" ").map(pair => pair.split("|")) as [string[], string[], string[]];
  const [a, b]: [Triple, Triple] = [
    [en[0]!, fr[0]!, zh[0]!],
    [en[1]!, fr[1]!, zh[1]!],
  ];
  return { a, b, heldLanguage: heldFormOf("opposite", [a, b], 3, 0.3) };
});

export const nouns: readonly Noun[] = Object.entries(facts.categories).flatMap(([category, members]) =>
  members.split(" ").map(member => {
    const word = member.split("|") as unknown as Triple;
    return {
      word,
      category: category.split("|") as unknown as Triple,
      heldLanguage: heldFormOf("category", [word], 3, 0.3),
    };
  }),
);

export const categories: readonly Triple[] = [...new Map(nouns.map(n => [n.category[0], n.category])).values()];

export const triples: readonly Triple[] = [...opposites.flatMap(o => [o.a, o.b]), ...nouns.map(n => n.word)];

/** A word with the space before it that its language asks for. */
export const spaced = (word: string, language: number): string => (language === 2 ? word : ` ${word}`);
