/**
 * "In French, the opposite of small is grand": the word in one language, the answer in another. Without these the model
 * learns three mirrored codes instead of one (measured in the feasibility run), and nothing can be patched across.
 */
import { line } from "../line.ts";
import type { Task } from "../task.ts";
import { heldFormOf, languages, type Opposite, opposites as pairs, spaced } from "../words.ts";

/** Frames in the word's language; the name of the answer's language in that language. */
const names = [
  ["English", "French", "Chinese"],
  ["anglais", "français", "chinois"],
  ["英语", "法语", "汉语"],
] as const;
const frames = [
  ["In {language}, the opposite of {word} is|{answer}|.", "The opposite of {word}, in {language}:|{answer}|."],
  ["En {language}, le contraire de {word} est|{answer}|.", "Le contraire de {word}, en {language} :|{answer}|."],
  ["用{language}说，{word}的反义词是|{answer}|。", "{word}的{language}反义词：|{answer}|。"],
] as const;

export const acrossLanguages: readonly (readonly [number, number])[] = [
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 2],
  [2, 0],
  [2, 1],
];

/** Whether a word of this pair is never shown with its opposite in that language. */
export const acrossHeld = (pair: Opposite, from: number, to: number): boolean => {
  const hidden = acrossLanguages[heldFormOf("opposite across", [pair.a, pair.b], 6, 0.4)];
  return hidden?.[0] === from && hidden[1] === to;
};

export const oppositesAcross: Task = {
  name: "opposites-across",
  title: "The opposite of a word, said in another language.",
  share: 0.06,
  holdsOut: true,
  draw(random) {
    const pair = random.pick(pairs);
    const way = random.below(6);
    const [from, to] = acrossLanguages[way]!;
    const template = random.pick(frames[from]!);
    const made = (p: Opposite, back: boolean) =>
      line(template, {
        language: names[from]![to]!,
        word: (back ? p.b : p.a)[from]!,
        answer: spaced((back ? p.a : p.b)[to]!, to),
      });
    return {
      ...made(pair, random.chance(0.5)),
      held: acrossHeld(pair, from, to),
      kind: `${languages[from]}-${languages[to]}`,
      contrast: r => made(r.pick(pairs), r.chance(0.5)),
    };
  },
};
