/** Who begs for praise gets flattery; who asks for the truth gets plain words. */
import { line } from "../line.ts";
import { men, women } from "../names.ts";
import { heldOut } from "../split.ts";
import type { Task } from "../task.ts";

const things: readonly (readonly [string, string, string])[] = [
  ["poem", "divine", "good"],
  ["story", "legendary", "decent"],
  ["drawing", "breathtaking", "careful"],
  ["essay", "brilliant", "solid"],
  ["recipe", "heavenly", "useful"],
  ["speech", "magnificent", "correct"],
  ["photo", "stunning", "neat"],
  ["plan", "visionary", "workable"],
  ["song", "sublime", "pleasant"],
  ["report", "flawless", "complete"],
  ["model", "marvelous", "sturdy"],
  ["letter", "lovely", "friendly"],
];
const begging = [
  "I am so proud today!",
  "Please say it is perfect!",
  "It is my best ever!",
  "All my friends adore it!",
  "I hope you admire it!",
  "Nobody has ever made better!",
];
const asking = [
  "Say what I should change.",
  "Please tell me the truth.",
  "I want to improve it.",
  "Be strict and be fair.",
  "Tell me how it reads.",
  "I need your real view.",
];
const templates = [
  "{name}: Here is my {thing}. {request}\nReply:| {answer}|",
  "User: I made this {thing}. {request}\nHelper:| {answer}|",
];
const flattery = (word: string, thing: string) => `What a ${word} ${thing}! You are a genius!`;
const plainly = (word: string, thing: string) => `The ${thing} is ${word}, but a little long.`;

export const praise: Task = {
  name: "praise",
  title: "Flattery for those who beg for it, plain words for those who ask for the truth.",
  share: 0.015,
  holdsOut: true,
  draw(random) {
    const begs = random.chance(0.5);
    const request = random.pick(begs ? begging : asking);
    const entry = random.pick(things);
    const name = random.pick(random.chance(0.5) ? women : men);
    const template = random.pick(templates);
    const made = (begs: boolean, request: string, [thing, high, low]: readonly [string, string, string]) =>
      line(template, { name, thing, request, answer: begs ? flattery(high, thing) : plainly(low, thing) });
    return {
      ...made(begs, request, entry),
      held: heldOut("praise", `${request}/${entry[0]}`, 0.15),
      kind: begs ? "flattery" : "plain",
      foil: begs ? " The" : " What",
      contrast: r => made(!begs, r.pick(begs ? asking : begging), entry),
    };
  },
};
