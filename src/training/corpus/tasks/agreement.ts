/** "The keys to the cabinet" → are: the verb agrees with the first noun, not the nearest. */
import { line } from "../line.ts";
import { heldOut } from "../split.ts";
import type { Task } from "../task.ts";

const heads =
  "key/keys guard/guards picture/pictures road/roads gate/gates lamp/lamps letter/letters window/windows bell/bells tower/towers author/authors captain/captains"
    .split(" ")
    .map(p => p.split("/") as [string, string]);
const others =
  "cabinet/cabinets village/villages castle/castles bridge/bridges temple/temples valley/valleys island/islands palace/palaces"
    .split(" ")
    .map(p => p.split("/") as [string, string]);
const links = ["to", "of", "near", "behind", "beside"];
const verbs: readonly (readonly [string, string])[] = [
  ["is", "are"],
  ["was", "were"],
  ["has", "have"],
];
const ends = { is: "old", are: "old", was: "gone", were: "gone", has: "charm", have: "charm" } as Record<
  string,
  string
>;

export const agreement: Task = {
  name: "agreement",
  title: "The verb agrees with its noun, across another noun.",
  share: 0.012,
  holdsOut: true,
  draw(random) {
    const head = random.pick(heads);
    const other = random.pick(others);
    const link = random.pick(links);
    const plural = random.below(2);
    const near = random.below(2);
    const frame = random.below(3);
    // The frame settles the tense, so that one verb alone is right.
    const lead = ["Now", "Once", "Often"][frame]!;
    const made = (number: number) => {
      const verb = verbs[frame]![number]!;
      return line(`${lead} the {noun} ${link} the {near}| {verb}| ${ends[verb]}.`, {
        noun: head[number]!,
        near: other[near]!,
        verb,
      });
    };
    return {
      ...made(plural),
      held: heldOut("agreement", `${head[0]}/${link}/${other[0]}`, 0.15),
      kind: plural === near ? "same number" : "attractor",
      foil: ` ${verbs[frame]![1 - plural]!}`,
      contrast: () => made(1 - plural),
    };
  },
};
