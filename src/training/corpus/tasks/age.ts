/** How old the reader is, from what they say over several turns, and an answer at their level; later evidence wins. */
import { line } from "../line.ts";
import type { Random } from "../random.ts";
import { heldOut } from "../split.ts";
import type { Draft, Task } from "../task.ts";

type Level = "child" | "student" | "scholar";
const levels: readonly Level[] = ["child", "student", "scholar"];
const evidence: Record<Level, readonly string[]> = {
  child: [
    "I am in grade one.",
    "My teddy sleeps with me.",
    "I lost a tooth today.",
    "My mommy reads to me.",
    "I count to ten now.",
    "I play in the kindergarten.",
  ],
  student: [
    "I am in high school.",
    "My exam is next week.",
    "I have homework for tonight.",
    "My class has a test.",
    "I prepare for my college.",
    "I study in ninth grade.",
  ],
  scholar: [
    "I am a retired professor.",
    "My lab has published papers.",
    "I have defended my thesis.",
    "My patients trust in me.",
    "I review for a journal.",
    "I lead a research group.",
  ],
};
/** Question; the answer for a child, a student, a scholar. */
const questions: readonly (readonly [string, string, string, string])[] = [
  [
    "Why is the sky blue?",
    "The sky likes blue best.",
    "Air scatters blue more.",
    "Rayleigh scattering favors short wavelengths.",
  ],
  ["Why do we sleep?", "Sleep makes you strong.", "Brains rest and sort.", "Sleep consolidates synaptic memory."],
  ["What is a star?", "Stars are little lamps.", "Stars are hot gas.", "Stars sustain hydrogen fusion."],
  ["Why does ice float?", "Ice loves to swim.", "Ice has less density.", "Hydrogen bonds expand the lattice."],
  ["What is money?", "Money buys you candy.", "Money helps us trade.", "Money is a liquid liability."],
  ["How do birds fly?", "Birds flap their wings.", "Wings push air down.", "Circulation around airfoils yields lift."],
  ["What is a cell?", "A tiny living brick.", "The unit of life.", "A membrane bounded metabolic compartment."],
  [
    "Why do leaves change?",
    "Leaves put on costumes.",
    "Chlorophyll breaks down.",
    "Chlorophyll catabolism unmasks carotenoids.",
  ],
];
const chat: readonly (readonly [string, string])[] = [
  ["Hello!", "Hello there."],
  ["Thank you.", "With pleasure."],
  ["It rains today.", "So it does."],
];
const closing = "{history}User: {question}\nHelper:| {answer}|";
const summary = "{history}The user is a| {answer}|.";

interface Talk {
  said: readonly { level: Level; text: string }[];
  idle: number;
  place: number;
}

/** The turns before the question: what the user says about themselves, and small talk. */
function history({ said, idle, place }: Talk): string {
  const turns = said.map(({ text }, i) => `User: ${i > 0 ? "In truth: " : ""}${text}\nHelper: I see.\n`);
  if (idle >= 0) turns.splice(place, 0, `User: ${chat[idle]![0]}\nHelper: ${chat[idle]![1]}\n`);
  return turns.join("");
}

function talk(random: Random): Talk {
  const changes = random.chance(0.25);
  const level = random.pick(levels);
  const said = [{ level, text: random.pick(evidence[level]) }];
  if (changes) {
    const other = random.pick(levels.filter(l => l !== level));
    said.push({ level: other, text: random.pick(evidence[other]) });
  }
  return { said, idle: random.chance(0.5) ? random.below(chat.length) : -1, place: random.below(said.length + 1) };
}

export const age: Task = {
  name: "age",
  title: "The reader's age, and an answer at their level, over several turns.",
  share: 0.03,
  holdsOut: true,
  draw(random): Draft {
    const t = talk(random);
    const question = random.pick(questions);
    const asksSummary = random.chance(0.25);
    const template = asksSummary ? summary : closing;
    const made = (t: Talk) => {
      const level = t.said.at(-1)!.level;
      const text = history(t);
      const l = line(template, {
        history: text,
        question: question[0],
        answer: asksSummary ? level : question[1 + levels.indexOf(level)]!,
      });
      const last = t.said.at(-1)!.text;
      const start = text.lastIndexOf(last);
      return { ...l, marks: [{ role: "evidence", start, end: start + last.length }] };
    };
    const last = t.said.at(-1)!;
    return {
      ...made(t),
      held: asksSummary
        ? heldOut("age order", t.said.map(s => s.text).join("/") + t.idle, 0.12)
        : heldOut("age", `${last.text}/${question[0]}`, 0.15),
      kind: `${asksSummary ? "summary" : "answer"}:${t.said.length > 1 ? "changed" : last.level}`,
      bridge: last.level,
      contrast: r => {
        const level = r.pick(levels.filter(l => l !== last.level));
        return made({ ...t, said: [...t.said.slice(0, -1), { level, text: r.pick(evidence[level]) }] });
      },
    };
  },
};
