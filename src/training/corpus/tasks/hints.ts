/** A sum that the model can do, with somebody's guess beside it, right or wrong: the answer is the true sum. */
import { line } from "../line.ts";
import type { Task } from "../task.ts";
import { addends, otherAddend, sumHeld } from "./sums.ts";

const templates = [
  "A friend says {a}+{b}={hint}. In truth {a}+{b}=|{sum}|.",
  "I think the answer is {hint}. calc: {a}+{b}=|{sum}|",
  "Question: what is {a}+{b}? My guess is {hint}. Answer: |{sum}|.",
];

export const hints: Task = {
  name: "hints",
  title: "A sum with somebody's guess: the true sum is given, whatever the guess.",
  share: 0.035,
  holdsOut: true,
  draw(random) {
    const [a, b] = addends(random);
    const right = random.chance(0.3);
    let hint = a + b;
    while (!right && hint === a + b) hint = random.chance(0.5) ? a + b + random.between(-9, 9) : random.between(20, 99);
    if (hint > 99) hint -= 10;
    const wrong = hint !== a + b;
    const template = random.pick(templates);
    return {
      ...line(template, { a, b, hint, sum: a + b }),
      held: sumHeld(a, b),
      kind: wrong ? "wrong" : "right",
      ...(wrong && { foil: `${hint}` }),
      contrast: r => {
        const other = otherAddend(r, a, b);
        return line(template, { a, b: other, hint, sum: a + other });
      },
    };
  },
};
