/** "The war lasted from 1732 to 17" → any later year of the century. */
import { line } from "../line.ts";
import { heldOut } from "../split.ts";
import type { Task } from "../task.ts";

const events = "war siege reign voyage drought strike famine journey treaty festival plague crusade".split(" ");
const templates = [
  "The {event} lasted from {century}{a} to {century}|{b}|.",
  "The {event} began in {century}{a} and ended in {century}|{b}|.",
];
const two = (n: number) => `${n}`.padStart(2, "0");

export const later: Task = {
  name: "later",
  title: "A span of years ends after it begins.",
  share: 0.012,
  holdsOut: true,
  draw(random) {
    const event = random.pick(events);
    const century = random.between(14, 18);
    const a = random.between(2, 92);
    const b = random.between(a + 1, 99);
    const template = random.pick(templates);
    const made = (a: number, b: number) => line(template, { event, century, a: two(a), b: two(b) });
    return {
      ...made(a, b),
      held: heldOut("later", `${century}/${a}`, 0.15),
      alternatives: Array.from({ length: 99 - a }, (_, i) => two(a + 1 + i)).filter(x => x !== two(b)),
      contrast: r => {
        const other = r.between(2, 92);
        return made(other, r.between(other + 1, 99));
      },
    };
  },
};
