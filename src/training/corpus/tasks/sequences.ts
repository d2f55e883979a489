/** What comes next: days, months, letters, numbers by steps, alternations. */
import { line } from "../line.ts";
import { heldOut } from "../split.ts";
import type { Task } from "../task.ts";

const days = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" ");
const months = "January February March April May June July August September October November December".split(" ");
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");
export const ordinary =
  "tree moon door cup stone chair paper apron window candle feather pebble ribbon marble helmet bucket saddle anchor magnet pillow kettle barrel puzzle turnip walnut acorn".split(
    " ",
  );

/** @param numbers how many times as often as the others */
const sequencesWith = (numbers: number): Task => ({
  name: "sequences",
  title: "The next day, month, letter or number; alternations.",
  share: 0.025,
  holdsOut: true,
  draw(random) {
    const kind = random.pick([
      "days",
      "months",
      "letters",
      ...Array<"numbers">(numbers).fill("numbers"),
      "alternation",
    ] as const);
    if (kind === "numbers") {
      const length = random.between(3, 4);
      const start = random.between(10, 60);
      const step = random.pick([1, 2, 3, 5, 10].filter(s => start + s * length <= 99));
      const made = (from: number) => {
        const shown = Array.from({ length }, (_, i) => from + i * step).join(",");
        return line("count: {shown},|{next}|", { shown, next: from + step * length });
      };
      return {
        ...made(start),
        held: heldOut("count", `${start}/${step}`, 0.15),
        kind,
        contrast: r => made(r.between(10, 99 - step * length)),
      };
    }
    if (kind === "alternation") {
      const [a, b, c] = random.several(ordinary, 3) as [string, string, string];
      const times = random.between(2, 3);
      const ends = random.chance(0.5);
      const made = (a: string, b: string) =>
        line("pattern: {shown},| {next}|", {
          shown: Array.from({ length: times * 2 - (ends ? 1 : 0) }, (_, i) => (i % 2 ? b : a)).join(", "),
          next: ends ? b : a,
        });
      return {
        ...made(a, b),
        held: heldOut("alternation", `${a}/${b}`, 0.15),
        kind,
        contrast: () => made(ends ? a : c, ends ? c : b),
      };
    }
    const list = { days, months, letters }[kind];
    const length = random.between(2, 4);
    const start = random.below(list.length);
    const step = random.chance(0.3) && kind === "letters" ? 2 : 1;
    const made = (from: number) => {
      const at = (i: number) => list[(from + i * step) % list.length]!;
      return line("list: {shown},| {next}|", {
        shown: Array.from({ length }, (_, i) => at(i)).join(", "),
        next: at(length),
      });
    };
    return {
      ...made(start),
      held: heldOut("list", `${kind}/${start}/${step}/${length}`, 0.12),
      kind,
      contrast: r => made(r.below(list.length)),
    };
  },
});

export const sequences = sequencesWith(1);
/** What comes next among numbers is a sum, and takes longer than a list. */
export const sequencesOfNumbers = sequencesWith(3);
