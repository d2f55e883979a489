/** Opposites in three languages; of three pairs in ten, one language is never shown. */
import { line } from "../line.ts";
import type { Task } from "../task.ts";
import { languages, mixedShare, type Opposite, opposites as pairs, perhapsAnother } from "../words.ts";
import { acrossHeld } from "./opposites-across.ts";

export const frames: readonly (readonly string[])[] = [
  [
    "The opposite of {word} is| {answer}|.",
    "{word} is the opposite of| {answer}|.",
    "Opposites: {word} and| {answer}|.",
    'The opposite of "{word}" is "|{answer}|".',
  ],
  [
    "Le contraire de {word} est| {answer}|.",
    "{word} est le contraire de| {answer}|.",
    "Contraires : {word} et| {answer}|.",
    'Le contraire de "{word}" est "|{answer}|".',
  ],
  [
    "{word}的反义词是|{answer}|。",
    "与{word}相反的是|{answer}|。",
    "反义词：{word}和|{answer}|。",
    "“{word}”的反义词是“|{answer}|”。",
  ],
];

/** @param mixed how often a word stands in another language's frame: "The opposite of petit is big" */
const oppositesWith = (mixed: number): Task => ({
  name: "opposites",
  title: "Opposites in English, French and Chinese.",
  share: 0.06,
  holdsOut: true,
  draw(random) {
    const pair = random.pick(pairs);
    const language = random.below(3);
    const swapped = random.chance(0.5);
    const template = random.pick(frames[language]!);
    const from = perhapsAnother(random, language, mixed);
    const made = (p: Opposite, back: boolean) =>
      line(template, { word: (back ? p.b : p.a)[from]!, answer: (back ? p.a : p.b)[language]! });
    if (from !== language) return { ...made(pair, swapped), held: acrossHeld(pair, from, language), kind: "mixed" };
    return {
      ...made(pair, swapped),
      held: pair.heldLanguage === language,
      kind: languages[language]!,
      contrast: r => made(r.pick(pairs), r.chance(0.5)),
    };
  },
});

export const opposites = oppositesWith(0);
/** As `categoriesMixed`. */
export const oppositesMixed = oppositesWith(mixedShare);
