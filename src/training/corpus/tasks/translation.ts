/**
 * Words from one language into another, and glossaries of all three; of four words in ten, one of the six directions is
 * never shown (nor the one before the other in a glossary).
 */
import { line } from "../line.ts";
import type { Random } from "../random.ts";
import type { Draft, Task } from "../task.ts";
import { heldFormOf, languages, mixedShare, perhapsAnother, spaced, type Triple, triples } from "../words.ts";
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

const hiddenWay = (word: Triple): number => heldFormOf("translation", [word], 6, 0.4);

const orders = acrossLanguages.map(([a, b]) => [a, b, 3 - a - b] as const);

function glossary(word: Triple, random: Random): Draft {
  const hidden = acrossLanguages[hiddenWay(word)];
  const shown = hidden ? orders.filter(o => o.indexOf(hidden[0]) > o.indexOf(hidden[1])) : orders;
  const [a, b, c] = random.pick(shown);
  const values = { a: word[a]!, b: word[b]!, c: word[c]! };
  return { ...line("{a} = {b} =| {c}|.", values), held: false, unjudged: true, kind: "glossary" };
}

/** @param mixed how often the question is asked in another language than the word's: "In French, 海豚 is dauphin" */
const translationWith = (mixed: number): Task => ({
  name: "translation",
  title: "Words from one language into another.",
  share: 0.08,
  holdsOut: true,
  draw(random) {
    const word = random.pick(triples);
    if (random.chance(0.3)) return glossary(word, random);
    const way = random.below(6);
    const [from, to] = acrossLanguages[way]!;
    const asked = perhapsAnother(random, from, mixed);
    const template = random.pick(frames[asked]!);
    const made = (w: Triple) =>
      line(template, { language: names[asked]![to]!, word: w[from]!, answer: spaced(w[to]!, to) });
    return {
      ...made(word),
      held: hiddenWay(word) === way,
      kind: `${languages[from]}-${languages[to]}`,
      contrast: r => made(r.pick(triples)),
    };
  },
});

export const translation = translationWith(0);
/** As `categoriesMixed`; a way that is held out is so whatever language asks. */
export const translationMixed = translationWith(mixedShare);
