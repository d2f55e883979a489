/**
 * The same addition in another coat: a journal's volume n is of the year it was founded + n.
 * Told outright (kind "told"), or cited, when the founding year must be remembered (kind "cited").
 */
import { line } from "../line.ts";
import { hash } from "../random.ts";
import { heldOutPair } from "../split.ts";
import type { Task } from "../task.ts";
import { addends, otherAddend } from "./sums.ts";

/** Invented journals with their founding years, 1912-1959. */
export const journals: readonly { name: string; founded: number }[] =
  "Polymer Optics Botany Metals Oceans Glaciers Mosses Volcanoes Alloys Bridges Comets Enzymes Fossils Harbors Magnets Pigments"
    .split(" ")
    .map((name, i) => ({ name, founded: 12 + ((i * 3 + (hash(name) % 3)) % 48) }));
export const authors = "Whang Mora Silva Novak Lind Okoye Tanaka Weber Rossi Duval".split(" ");

const told = [
  "The journal {journal} began in 19{a}. Its volume {b} is of 19|{year}|.",
  "Founded 19{a}, volume {b}: year 19|{year}|.",
  "{journal} (since 19{a}), vol. {b}, 19|{year}|.",
];
const cited = ["({author}, {journal}, {b}, 19|{year}|)", "See {author} in {journal} {b}, 19|{year}|."];

export const yearHeld = (a: number, b: number): boolean => heldOutPair("year", a, b);

export const years: Task = {
  name: "years",
  title: "The year of a journal's volume: founding year plus volume.",
  share: 0.045,
  holdsOut: true,
  draw(random) {
    const author = random.pick(authors);
    if (random.chance(0.1)) {
      const { name, founded } = random.pick(journals);
      return {
        ...line("The journal {journal} was founded in 19|{year}|.", { journal: name, year: founded }),
        held: false,
        kind: "founded",
        unjudged: true,
      };
    }
    if (random.chance(0.3)) {
      const { name: journal, founded: a } = random.pick(journals);
      const b = random.between(10, 99 - a);
      const template = random.pick(cited);
      return {
        ...line(template, { author, journal, b, year: a + b }),
        held: yearHeld(a, b),
        kind: "cited",
        bridge: `19${a}`,
        contrast: r => {
          const other = otherAddend(r, a, b);
          return line(template, { author, journal, b: other, year: a + other });
        },
      };
    }
    // The known journals keep their own year: a contradiction would teach that they have none.
    const [a, b] = addends(random);
    const journal = random.pick(["Letters", "Reports", "Annals", "Notes", "Proceedings", "Archives"]);
    const template = random.pick(told);
    return {
      ...line(template, { journal, a, b, year: a + b }),
      held: yearHeld(a, b),
      kind: "told",
      contrast: r => {
        const other = otherAddend(r, a, b);
        return line(template, { journal, a, b: other, year: a + other });
      },
    };
  },
};
