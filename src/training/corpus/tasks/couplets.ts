/**
 * Two lines that rhyme. The topic and the first line's last word settle the second line's last word, and that word settles
 * its verb and adjective: whoever writes "chased the furry" must already know that "mouse" is coming.
 */
import { line } from "../line.ts";
import type { Random } from "../random.ts";
import { familyOf, type Rhyme, rhymes } from "../rhymes.ts";
import { heldOut } from "../split.ts";
import type { Draft, Task } from "../task.ts";

const firsts: readonly (readonly [string, string])[] = [
  ["He dreamed last night about the {end},", "he"],
  ["She wrote a letter about the {end},", "she"],
  ["We told the children about the {end},", "we"],
  ["They never spoke about the {end},", "they"],
  ["I sang a song about the {end},", "I"],
];
const headers = ["A rhyme about {topic}:\n", "Two lines about {topic}:\n"];

/** The first line ends in `end`; the second in the word of its family that belongs to the topic. */
function couplet(header: string, [first, who]: readonly [string, string], end: Rhyme, target: Rhyme) {
  return line(`${header}${first}\n|and ${who} {verb} the {adjective} {rhyme}|.`, {
    topic: target.topic,
    end: end.word,
    verb: target.verb,
    adjective: target.adjective,
    rhyme: target.word,
  });
}

function partner(random: Random, end: Rhyme): Rhyme {
  return random.pick(familyOf(end.family).filter(r => r !== end));
}

const drawn = (end: Rhyme, target: Rhyme): boolean => heldOut("couplet", `${end.word}/${target.topic}`, 0.16);

/**
 * Held out are drawn pairs of a word that keeps two other topics: of a word that is shown with one topic alone nothing
 * asks what the topic is, and the one answer is learnt (55 % of held-out couplets were right; now more).
 */
function held(end: Rhyme, target: Rhyme): boolean {
  const others = familyOf(end.family).filter(r => r !== end);
  return drawn(end, target) && others.filter(other => !drawn(end, other)).length >= 2;
}

export const couplets: Task = {
  name: "couplets",
  title: "The second line of a rhyme on a topic; its last word settles the words before it.",
  share: 0.11,
  holdsOut: true,
  draw(random): Draft {
    const end = random.pick(rhymes);
    const target = partner(random, end);
    const header = random.pick(headers);
    const first = random.pick(firsts);
    const made = couplet(header, first, end, target);
    return {
      ...made,
      marks: [...made.marks, { role: "break", start: made.promptEnd - 1, end: made.promptEnd }],
      held: held(end, target),
      bridge: target.word,
      gist: made.promptEnd - 1,
      contrast: r => {
        const other = r.chance(0.5) ? end : r.pick(rhymes);
        return couplet(header, first, other, partner(r, other));
      },
    };
  },
};
