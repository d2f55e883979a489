/** A hammer is a kind of tool, in three languages; of three nouns in ten, one language is never shown. */
import { line } from "../line.ts";
import type { Task } from "../task.ts";
import { languages, mixedShare, type Noun, nouns, perhapsAnother } from "../words.ts";

const frames = [
  ["{word} is a kind of| {answer}|.", "The category of {word} is| {answer}|.", "Category: {word},| {answer}|."],
  ["{word} est une sorte de| {answer}|.", "La catégorie de {word} est| {answer}|.", "Catégorie : {word},| {answer}|."],
  ["{word}是一种|{answer}|。", "{word}的类别是|{answer}|。", "类别：{word}，|{answer}|。"],
] as const;

/** @param mixed how often a word stands in another language's frame: "marteau is a kind of tool" */
const categoriesWith = (mixed: number): Task => ({
  name: "categories",
  title: "What kind of thing a word names, in three languages.",
  share: 0.03,
  holdsOut: true,
  draw(random) {
    const noun = random.pick(nouns);
    const language = random.below(3);
    const template = random.pick(frames[language]!);
    const from = perhapsAnother(random, language, mixed);
    const made = (n: Noun) => line(template, { word: n.word[from]!, answer: n.category[language]! });
    if (from !== language) return { ...made(noun), held: false, kind: "mixed" };
    return {
      ...made(noun),
      held: noun.heldLanguage === language,
      kind: languages[language]!,
      contrast: r => made(r.pick(nouns)),
    };
  },
});

export const categories = categoriesWith(0);
/**
 * Words that are only met in their own language's frames are learnt by heart in each; here what the word stands for has to be
 * found before the frame's language matters. The word whose language is held out is met in the other languages' frames alone.
 */
export const categoriesMixed = categoriesWith(mixedShare);
