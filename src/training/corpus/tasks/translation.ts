/** Words from one language into another; of four words in ten, one of the six directions is never shown. */
import { line } from "../line.ts";
import { heldOutForm } from "../split.ts";
import type { Task } from "../task.ts";
import { languages, spaced, type Triple, triples } from "../words.ts";
import { acrossLanguages } from "./opposites-across.ts";

const names = [
  ["English", "French", "Chinese"],
  ["anglais", "français", "chinois"],
  ["英语", "法语", "汉语"],
] as const;
const frames = [
  [
    "The {language} word for {word} is|{answer}|.",
    "{word} in {language} is|{answer}|.",
    "In {language}, {word} is|{answer}|.",
  ],
  [
    "{word} se dit en {language}|{answer}|.",
    "Le mot {language} pour {word} est|{answer}|.",
    "En {language}, {word} est|{answer}|.",
  ],
  ["{word}的{language}是|{answer}|。", "{word}用{language}说是|{answer}|。", "用{language}说，{word}是|{answer}|。"],
] as const;

export const translation: Task = {
  name: "translation",
  title: "Words from one language into another.",
  share: 0.085,
  holdsOut: true,
  draw(random) {
    const word = random.pick(triples);
    const way = random.below(6);
    const [from, to] = acrossLanguages[way]!;
    const template = random.pick(frames[from]!);
    const made = (w: Triple) =>
      line(template, { language: names[from]![to]!, word: w[from]!, answer: spaced(w[to]!, to) });
    return {
      ...made(word),
      held: heldOutForm("translation", word[0], 6, 0.4) === way,
      kind: `${languages[from]}-${languages[to]}`,
      contrast: r => made(r.pick(triples)),
    };
  },
};
