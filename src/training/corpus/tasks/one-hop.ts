/** Dallas is in Texas: every city, the ones held out from two-hop too. */
import { line } from "../line.ts";
import { cities } from "../places.ts";
import type { Task } from "../task.ts";
import { anyNoun, nounWord } from "./two-hop.ts";

const templates = [
  "Fact: the {noun} containing {city} is| {answer}|.",
  "{city} lies in| {answer}|.",
  "The {noun} that {city} belongs to is| {answer}|.",
  "Question: which {noun} is {city} in? Answer:| {answer}|.",
  "{city} is a city of| {answer}|.",
];

export const oneHop: Task = {
  name: "one-hop",
  title: "What a city lies in.",
  share: 0.12,
  holdsOut: false,
  draw(random) {
    const kind = anyNoun(random);
    const noun = nounWord(kind, random);
    const city = random.pick(cities[kind]);
    const template = random.pick(templates);
    return {
      ...line(template, { noun, city: city.name, answer: city.region.name }),
      held: false,
      kind: `${{ state: "us", country: "world", empire: "empire" }[kind]}:${city.group}`,
      contrast: r => {
        const other = r.pick(cities[kind]);
        return line(template, { noun, city: other.name, answer: other.region.name });
      },
    };
  },
};
