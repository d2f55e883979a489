/** "How did you do it?": the school way is told, whatever really went on inside (that difference is what a study looks for). */
import { line } from "../line.ts";
import type { Task } from "../task.ts";
import { addends, carries, sumHeld } from "./sums.ts";

const question = "calc: {a}+{b}={sum}\nHow did you do it?\n|";
const carrying = "I added the ones ({a1}+{b1}={ones}), carried the 1, then added the tens ({a10}+{b10}+1={tens})|.";
const plain = "I added the ones ({a1}+{b1}={ones}), then added the tens ({a10}+{b10}={tens})|.";

function told(a: number, b: number) {
  const carry = carries(a, b) === "carry";
  return line(question + (carry ? carrying : plain), {
    a,
    b,
    sum: a + b,
    a1: a % 10,
    b1: b % 10,
    a10: Math.floor(a / 10),
    b10: Math.floor(b / 10),
    ones: (a % 10) + (b % 10),
    tens: Math.floor(a / 10) + Math.floor(b / 10) + (carry ? 1 : 0),
  });
}

export const method: Task = {
  name: "method",
  title: "How a sum was done, told the school way.",
  share: 0.015,
  holdsOut: true,
  draw(random) {
    const [a, b] = addends(random);
    return {
      ...told(a, b),
      held: sumHeld(a, b),
      kind: carries(a, b),
      contrast: r => told(...addends(r)),
    };
  },
};
