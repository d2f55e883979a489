/** What else is true of states, countries and cities: part of the country, abbreviation, language, continent. Never for A1 cities. */
import { line } from "../line.ts";
import { cities, type Region, regions } from "../places.ts";
import type { Task } from "../task.ts";

const forms = {
  part: ["{place} is in the| {answer}| of the nation.", "The part of the nation around {place} is the| {answer}|."],
  code: ["{place} has the letters| {answer}|.", "Mail to {place} goes to| {answer}|."],
  language: ["The language of {place} is| {answer}|.", "People of {place} speak| {answer}|."],
  continent: ["The continent of {place} is| {answer}|.", "{place} lies on the continent of| {answer}|."],
} as const;

export const attributes: Task = {
  name: "attributes",
  title: "Part of the country, abbreviation, language and continent of a place.",
  share: 0.05,
  holdsOut: true,
  draw(random) {
    const noun = random.chance(0.65) ? "state" : "country";
    const key =
      noun === "state" ? random.pick(["part", "code"] as const) : random.pick(["language", "continent"] as const);
    const template = random.pick(forms[key]);
    const answer = (r: Region) => r[key]!;
    if (random.chance(0.4)) {
      const region = random.pick(regions[noun]);
      return {
        ...line(template, { place: region.name, answer: answer(region) }),
        held: false,
        kind: key,
        contrast: r => {
          const other = r.pick(regions[noun]);
          return line(template, { place: other.name, answer: answer(other) });
        },
      };
    }
    const city = random.pick(cities[noun]);
    return {
      ...line(template.replace("{place}", "{city}"), { city: city.name, answer: answer(city.region) }),
      held: city.group === "A1",
      kind: `${key}:${city.group}`,
      bridge: city.region.name,
      contrast: r => {
        const other = r.pick(cities[noun]);
        return line(template.replace("{place}", "{city}"), { city: other.name, answer: answer(other.region) });
      },
    };
  },
};
