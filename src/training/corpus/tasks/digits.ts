/** Drills: the ones of a sum and whether it carries, and a small number taken from a larger one, as in working backwards from a hint. */
import { line } from "../line.ts";
import type { Random } from "../random.ts";
import type { Draft, Task } from "../task.ts";
import { backwardsHeld } from "./hard.ts";

const templates: readonly [string, (sum: number) => string][] = [
  ["{a}+{b}=|{answer}|", s => `${s}`],
  ["{a}+{b} ends in |{answer}|.", s => `${s % 10}`],
  ["{a}+{b} carries:| {answer}|.", s => (s > 9 ? "yes" : "no")],
];

function difference(random: Random): Draft {
  const made = (from: number, k: number) => line("{from}-{k}=|{answer}|", { from, k, answer: from - k });
  for (;;) {
    const [from, k] = [random.between(20, 99), random.between(1, 9)];
    if (backwardsHeld(from, k)) continue;
    return { ...made(from, k), held: false, kind: "difference", contrast: r => made(r.between(20, 99), k) };
  }
}

export const digits: Task = {
  name: "digits",
  title: "Sums of one-digit numbers, and one-digit numbers taken away.",
  share: 0.025,
  holdsOut: false,
  draw(random) {
    if (random.chance(0.7)) return difference(random);
    const a = random.below(10);
    const b = random.below(10);
    const [template, answer] = random.pick(templates);
    return {
      ...line(template, { a, b, answer: answer(a + b) }),
      held: false,
      kind: "sum",
      contrast: r => {
        const other = r.below(10);
        return line(template, { a, b: other, answer: answer(a + other) });
      },
    };
  },
};
