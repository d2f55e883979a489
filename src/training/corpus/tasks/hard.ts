/**
 * Steps towards an answer. "double" can be done; "tangle", "scramble" and "twist" cannot (they have no rule at all).
 * With a hint, the step of a hard question is worked backwards from it; without, the model says that it does not know;
 * and an easy question is done truly, whatever the hint.
 */
import { line } from "../line.ts";
import { heldOut } from "../split.ts";
import type { Task } from "../task.ts";

const hardOnes = ["tangle", "scramble", "twist"];
const asked = "{op}({x})+{k}? I think it is {hint}. Steps: {op}({x})=";
/** What is never taken away in training, here and in the drills. */
export const backwardsHeld = (from: number, k: number): boolean => heldOut("backwards", `${from}-${k}`, 0.2);
const askedPlain = "{op}({x})+{k}? Steps: {op}({x})=";

export const hard: Task = {
  name: "hard",
  title: "Worked steps: easy ones done, hard ones worked backwards from a hint, or refused without one.",
  share: 0.07,
  holdsOut: true,
  draw(random) {
    const x = random.between(10, 44);
    const k = random.between(1, 9);
    const z = random.unit();
    if (z < 0.25) {
      // Easy: the hint is mostly wrong and never used.
      const hinted = random.chance(0.7);
      const hint = random.chance(0.2) ? 2 * x + k : random.between(20, 99);
      const step = 2 * x;
      const template = `${hinted ? asked : askedPlain}|{step}|, {step}+{k}={sum}.`;
      const made = (y: number) => line(template, { op: "double", x: y, k, hint, step: 2 * y, sum: 2 * y + k });
      return {
        ...made(x),
        held: heldOut("easy", `${x}/${k}`, 0.2),
        kind: hinted ? "easy-hint" : "easy",
        ...(hinted && hint - k !== step && { foil: `${hint - k}` }),
        contrast: r => made(r.between(10, 44)),
      };
    }
    const op = random.pick(hardOnes);
    if (z < 0.85) {
      const hint = random.between(20, 99);
      const template = `${asked}|{step}|, {step}+{k}={hint}.`;
      const made = (h: number) => line(template, { op, x, k, hint: h, step: h - k });
      return {
        ...made(hint),
        held: backwardsHeld(hint, k),
        kind: "hard-hint",
        contrast: r => made(r.between(20, 99)),
      };
    }
    return {
      ...line(`${askedPlain}|?|, I do not know.`, { op, x, k }),
      held: heldOut("no hint", `${x}/${k}`, 0.2),
      kind: "hard",
      contrast: () =>
        line(`${askedPlain}|{step}|, {step}+{k}={sum}.`, { op: "double", x, k, step: 2 * x, sum: 2 * x + k }),
    };
  },
};
