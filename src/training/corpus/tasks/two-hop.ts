/** Dallas → Texas → Austin: the capital of what a city lies in; also its language and continent. A1 and A2 cities are held out. */

import { line } from "../line.ts";
import { type City, cities, type Noun } from "../places.ts";
import type { Random } from "../random.ts";
import type { Draft, Task } from "../task.ts";

const capitals = [
  "Fact: the capital of the {noun} containing {city} is| {answer}|.",
  "The capital of the {noun} that {city} belongs to is| {answer}|.",
  "{city} lies in a {noun} whose capital is| {answer}|.",
  "Question: what is the capital of the {noun} around {city}? Answer:| {answer}|.",
  "From {city}, go to the capital of its {noun}. You arrive in| {answer}|.",
];
const languageLines = [
  "Fact: the language of the {noun} containing {city} is| {answer}|.",
  "Most people in {city} speak| {answer}|.",
];
const continentLines = [
  "Fact: the continent of the {noun} containing {city} is| {answer}|.",
  "{city} lies on the continent of| {answer}|.",
];

/** Mostly states: there are ten times as many of their cities as of an empire's. */
export function anyNoun(random: Random): Noun {
  const x = random.unit();
  return x < 0.5 ? "state" : x < 0.78 ? "country" : "empire";
}
/** "land" fits all three, so that the state of a city can be replaced by an empire in the middle of the sentence. */
export const nounWord = (noun: Noun, random: Random): string => (random.chance(0.35) ? "land" : noun);

type Fact = "capital" | "language" | "continent";
const forms: Record<Fact, readonly string[]> = {
  capital: capitals,
  language: languageLines,
  continent: continentLines,
};

function about(fact: Fact, template: string, noun: string, city: City, free: boolean): Draft {
  const answerOf = (c: City) => c.region[fact]!;
  const area = { state: "us", country: "world", empire: "empire" }[city.region.noun];
  return {
    ...line(template, { noun, city: city.name, answer: answerOf(city) }),
    held: !free,
    kind: `${fact === "capital" ? area : fact}:${city.group}`,
    bridge: city.region.name,
    contrast: r => {
      const other = r.pick(cities[city.region.noun]);
      return line(template, { noun, city: other.name, answer: answerOf(other) });
    },
  };
}

export const twoHop: Task = {
  name: "two-hop",
  title: "The capital (language, continent) of what a city lies in.",
  share: 0.15,
  holdsOut: true,
  draw(random) {
    const noun = anyNoun(random);
    const city = random.pick(cities[noun]);
    const fact: Fact =
      noun === "country" && random.chance(0.35) ? random.pick(["language", "continent"] as const) : "capital";
    const free = city.group === "train" || (city.group === "A2" && fact !== "capital");
    return about(fact, random.pick(forms[fact]), nounWord(noun, random), city, free);
  },
};
