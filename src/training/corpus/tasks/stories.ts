/** Who is who: first, second and third person, and names, in stories of two or three sentences. */
import { type Line, line } from "../line.ts";
import { men, women } from "../names.ts";
import type { Random } from "../random.ts";
import { heldOut } from "../split.ts";
import type { Task } from "../task.ts";

const things = "book ticket lantern basket blanket button ladder coin map bottle candle pencil".split(" ");
const places = "market library station harbor garden office museum school".split(" ");

/** Each template with the person its answer names, and the other person of the contrast (roles swapped). */
const templates: readonly { kind: string; text: string; answer: "w" | "m" }[] = [
  { kind: "first person", text: "I am {w}. You are {m}. Who am I?| {answer}|.", answer: "w" },
  { kind: "first person", text: "You are {w}. I am {m}. Who am I?| {answer}|.", answer: "m" },
  { kind: "second person", text: "I am {w}. You are {m}. Who are you?| {answer}|.", answer: "m" },
  { kind: "second person", text: "You are {w}. I am {m}. Who are you?| {answer}|.", answer: "w" },
  { kind: "first person", text: "{w} told {m}: I will fetch the {thing}. Who fetches it?| {answer}|.", answer: "w" },
  { kind: "second person", text: "{w} told {m}: you will fetch the {thing}. Who fetches it?| {answer}|.", answer: "m" },
  { kind: "first person", text: "{m} wrote to {w}: I lost your {thing}. Who lost it?| {answer}|.", answer: "m" },
  { kind: "second person", text: "{m} wrote to {w}: I lost your {thing}. Who owned it?| {answer}|.", answer: "w" },
  {
    kind: "third person",
    text: "{w} met {m} at the {place}. She had a {thing}. It belonged to| {answer}|.",
    answer: "w",
  },
  {
    kind: "third person",
    text: "{w} met {m} at the {place}. He had a {thing}. It belonged to| {answer}|.",
    answer: "m",
  },
  {
    kind: "third person",
    text: "{m} met {w} at the {place}. She gave him a {thing}. Now it belongs to| {answer}|.",
    answer: "m",
  },
  {
    kind: "third person",
    text: "{m} met {w} at the {place}. He gave her a {thing}. Now it belongs to| {answer}|.",
    answer: "w",
  },
];

export const pairHeld = (a: string, b: string): boolean => heldOut("names", [a, b].sort().join("+"), 0.15);

export const stories: Task = {
  name: "stories",
  title: "First, second and third person, and names, in short stories.",
  share: 0.025,
  holdsOut: true,
  draw(random: Random) {
    const template = random.pick(templates);
    const w = random.pick(women);
    const m = random.pick(men);
    const thing = random.pick(things);
    const place = random.pick(places);
    const made = (t: (typeof templates)[number], w: string, m: string): Line =>
      line(t.text, { w, m, thing, place, answer: t.answer === "w" ? w : m });
    return {
      ...made(template, w, m),
      held: pairHeld(w, m),
      kind: template.kind,
      foil: ` ${template.answer === "w" ? m : w}`,
      // The same two people, the other person grammatically ("I" for "you", "she" for "he") where that has the same length.
      contrast: r =>
        made(
          r.pick(
            templates.filter(t => t.text.slice(0, 4) === template.text.slice(0, 4) && t.answer !== template.answer),
          ),
          w,
          m,
        ),
    };
  },
};
