/** Two-digit sums with carries, results up to 99. A fifth of the unordered pairs is never shown, in either order. */
import { line } from "../line.ts";
import type { Random } from "../random.ts";
import { heldOutPair } from "../split.ts";
import type { Task } from "../task.ts";

const templates = [
  "calc: {a}+{b}=|{sum}|",
  "{a}+{b}=|{sum}|",
  "sum({a},{b})=|{sum}|",
  "{a} plus {b} = |{sum}|.",
  "Question: what is {a} + {b}? Answer: |{sum}|.",
  "Add {a} and {b}: |{sum}|.",
];

/** Two numbers of two digits with a sum of at most 99; small and large first numbers alike. */
export function addends(random: Random): [number, number] {
  for (;;) {
    const a = random.between(10, 89);
    const b = random.between(10, 89);
    if (a + b <= 99) return [a, b];
  }
}

export const sumHeld = (a: number, b: number): boolean => heldOutPair("sum", a, b);
/** "carry" or "plain", so that accuracies can be told apart. */
export const carries = (a: number, b: number): string => ((a % 10) + (b % 10) > 9 ? "carry" : "plain");

/** Another second number: the answer's ones digit changes (and so does its last token). */
export function otherAddend(random: Random, a: number, b: number): number {
  for (;;) {
    const other = random.between(10, 99 - a);
    if (other % 10 !== b % 10 || 99 - a < 20) return other;
  }
}

export const sums: Task = {
  name: "sums",
  title: "Two-digit addition.",
  share: 0.05,
  holdsOut: true,
  draw(random) {
    const [a, b] = addends(random);
    const template = random.pick(templates);
    return {
      ...line(template, { a, b, sum: a + b }),
      held: sumHeld(a, b),
      kind: carries(a, b),
      contrast: r => {
        const other = otherAddend(r, a, b);
        return line(template, { a, b: other, sum: a + other });
      },
    };
  },
};
