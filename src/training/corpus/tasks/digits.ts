/** One-digit drills: the ones of a sum, and whether it carries. */
import { line } from "../line.ts";
import type { Task } from "../task.ts";

const templates: readonly [string, (sum: number) => string][] = [
  ["{a}+{b}=|{answer}|", s => `${s}`],
  ["{a}+{b} ends in |{answer}|.", s => `${s % 10}`],
  ["{a}+{b} carries:| {answer}|.", s => (s > 9 ? "yes" : "no")],
];

export const digits: Task = {
  name: "digits",
  title: "Sums of one-digit numbers.",
  share: 0.006,
  holdsOut: false,
  draw(random) {
    const a = random.below(10);
    const b = random.below(10);
    const [template, answer] = random.pick(templates);
    return {
      ...line(template, { a, b, answer: answer(a + b) }),
      held: false,
      contrast: r => {
        const other = r.below(10);
        return line(template, { a, b: other, answer: answer(a + other) });
      },
    };
  },
};
