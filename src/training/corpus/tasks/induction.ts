/** Random words, said twice: the second time, the first tells what follows. */
import { line } from "../line.ts";
import { hash } from "../random.ts";
import type { Task } from "../task.ts";
import { ordinary } from "./sequences.ts";

export const induction: Task = {
  name: "induction",
  title: "Random words repeated.",
  share: 0.02,
  holdsOut: true,
  draw(random) {
    const words = random.several(ordinary, random.between(4, 8));
    const stop = random.between(1, words.length - 1);
    const made = (words: readonly string[], stop: number) =>
      line("echo: {shown}| {next}|{rest}.", {
        shown: [...words, ...words.slice(0, stop)].join(" "),
        next: words[stop]!,
        rest: words
          .slice(stop + 1)
          .map(w => ` ${w}`)
          .join(""),
      });
    return {
      ...made(words, stop),
      held: hash(words.join(" ")) % 10 === 0,
      contrast: r => {
        const other = [...words];
        other[stop] = r.pick(ordinary.filter(w => !words.includes(w)));
        return made(other, stop);
      },
    };
  },
};
