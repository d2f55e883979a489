/** Texas → Austin, and back. */
import { line } from "../line.ts";
import { type Region, regions } from "../places.ts";
import type { Task } from "../task.ts";
import { anyNoun, nounWord } from "./two-hop.ts";

const there = [
  "The capital of {region} is| {answer}|.",
  "Fact: the capital of the {noun} called {region} is| {answer}|.",
  "Question: what is the capital of {region}? Answer:| {answer}|.",
  "{region} is governed from| {answer}|.",
];
const back = ["{capital} is the capital of| {answer}|.", "Fact: the {noun} whose capital is {capital} is| {answer}|."];

export const capitals: Task = {
  name: "capitals",
  title: "Capitals of states, countries and empires, both ways.",
  share: 0.025,
  holdsOut: false,
  draw(random) {
    const kind = anyNoun(random);
    const noun = nounWord(kind, random);
    const forward = random.chance(0.7);
    const template = random.pick(forward ? there : back);
    const made = (r: Region) =>
      line(template, { noun, region: r.name, capital: r.capital, answer: forward ? r.capital : r.name });
    return { ...made(random.pick(regions[kind])), held: false, contrast: r => made(r.pick(regions[kind])) };
  },
};
