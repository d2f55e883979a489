/** "When Mary and John went to the store, John gave a drink to" → Mary. */
import { line } from "../line.ts";
import { men, women } from "../names.ts";
import type { Task } from "../task.ts";
import { pairHeld } from "./stories.ts";

const templates = [
  "When {first} and {second} went to the {place}, {giver} gave a {thing} to| {answer}|.",
  "Then {first} and {second} had lunch, and {giver} handed a {thing} to| {answer}|.",
  "After {first} and {second} left the {place}, {giver} sent a {thing} to| {answer}|.",
];
const places = "store market library station harbor garden office museum school".split(" ");
const things = "drink book ticket lantern basket blanket coin map bottle candle pencil".split(" ");

export const indirectObject: Task = {
  name: "indirect-object",
  title: "Who was given something: the other of two people.",
  share: 0.03,
  holdsOut: true,
  draw(random) {
    const all = [...women, ...men];
    const [first, second] = random.several(all, 2) as [string, string];
    const template = random.pick(templates);
    const place = random.pick(places);
    const thing = random.pick(things);
    const made = (giver: string) =>
      line(template, { first, second, giver, place, thing, answer: giver === first ? second : first });
    const giver = random.chance(0.5) ? first : second;
    return {
      ...made(giver),
      held: pairHeld(first, second),
      kind: giver === first ? "ABA" : "ABB",
      foil: ` ${giver}`,
      contrast: () => made(giver === first ? second : first),
    };
  },
};
