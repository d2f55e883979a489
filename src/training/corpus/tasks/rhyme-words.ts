/** Which words rhyme, and what each is about. */
import { line } from "../line.ts";
import { familyOf, type Rhyme, rhymes } from "../rhymes.ts";
import type { Task } from "../task.ts";

export const rhymeWords: Task = {
  name: "rhyme-words",
  title: "Words that rhyme, and the topic of a word.",
  share: 0.02,
  holdsOut: false,
  draw(random) {
    const word = random.pick(rhymes);
    const kind = random.below(3);
    if (kind === 0) {
      const made = (w: Rhyme, answer: string) => line("{word} rhymes with| {answer}|.", { word: w.word, answer });
      const others = (w: Rhyme) =>
        familyOf(w.family)
          .filter(r => r !== w)
          .map(r => r.word);
      const answer = random.pick(others(word));
      return {
        ...made(word, answer),
        held: false,
        kind: "rhyme",
        alternatives: others(word)
          .filter(o => o !== answer)
          .map(o => ` ${o}`),
        contrast: r => {
          const other = r.pick(rhymes.filter(o => o.family !== word.family));
          return made(other, r.pick(others(other)));
        },
      };
    }
    if (kind === 1) {
      const template = random.pick(["{word} belongs to| {topic}|.", "The topic of {word} is| {topic}|."]);
      const made = (w: Rhyme) => line(template, { word: w.word, topic: w.topic });
      return { ...made(word), held: false, kind: "topic", contrast: r => made(r.pick(rhymes)) };
    }
    const template = "In a line about {topic}, we {verb} the {adjective}| {word}|.";
    const made = (w: Rhyme) => line(template, { topic: w.topic, verb: w.verb, adjective: w.adjective, word: w.word });
    const same = rhymes.filter(
      r => r !== word && r.topic === word.topic && r.verb === word.verb && r.adjective === word.adjective,
    );
    return {
      ...made(word),
      held: false,
      kind: "words",
      alternatives: same.map(r => ` ${r.word}`),
      contrast: r => made(r.pick(rhymes)),
    };
  },
};
