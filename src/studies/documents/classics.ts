/** The field's classics, for comparison: indirect object, greater-than, subject-verb agreement, induction. */
import { defineStudy, type StudyDraft } from "../study.ts";
import { crossed, rowsOf } from "./rows.ts";

type Ground = StudyDraft["grounds"][number];

/** The specimen's ground of a classic: its task, heads, and the place that carries the difference. */
const own = (
  task: string,
  at: string[],
  claims: { heads: string; carry: string },
  need = 0.5,
  varies?: string,
): Ground => ({
  on: "specimen",
  prompts: [
    { task, split: "train", count: 200 },
    { task, split: "held-out", count: 160 },
  ],
  gate: { need },
  tests: [
    {
      test: "heads",
      failsOn: "random directions",
      title: "a few heads bring the difference",
      claim: claims.heads,
      most: 4,
    },
    {
      test: "carry",
      failsOn: "random directions",
      title: "where the difference is carried",
      claim: claims.carry,
      at: [...at, "last"],
      measure: "choice",
      ...(varies === undefined ? {} : { varies }),
    },
  ],
});
/** The ground for any model: made of rows, chosen between answer and foil. */
const any = (
  templates: string[],
  rows: Record<string, string>[],
  holdBy: string,
  at: string[],
  need = 0.75,
  varies?: string,
): Ground => ({
  on: "any",
  prompts: [{ templates, rows, holdBy, foil: "wrong" }],
  gate: { measure: "choice", need },
  tests: [
    {
      test: "heads",
      failsOn: "random directions",
      title: "a few heads bring the difference",
      claim: "Five heads bring more than half of the difference.",
      most: 5,
    },
    {
      test: "carry",
      failsOn: "random directions",
      title: "where the difference is carried",
      claim: "The contrast's state at one place brings the contrast's answer.",
      at: [...at, "last"],
      measure: "choice",
      ...(varies === undefined ? {} : { varies }),
      core: false,
    },
  ],
});

const pairs = rowsOf("x y", [
  "Mary,John",
  "Anna,Tom",
  "Sarah,Paul",
  "Kate,Mark",
  "Alice,Jack",
  "Emma,David",
  "Lucy,James",
  "Julia,Peter",
  "Laura,Robert",
  "Grace,Michael",
  "Helen,Daniel",
  "Rose,Simon",
  "Jane,Henry",
  "Lisa,George",
  "Susan,Frank",
  "Emily,Brian",
  "Amy,Kevin",
  "Diana,Martin",
  "Linda,Steve",
  "Karen,Scott",
]);

export const indirectObject = defineStudy({
  name: "indirect-object",
  title: "Indirect object",
  question: "Mary and John went to the store, John gave a drink to: who?",
  holds: "A few heads fetch the other name; with their mixes taken from the contrast the answer's lead is gone.",
  fails: "No few heads were found that bring the name.",
  ability: "say who was given something",
  after: "Wang et al. 2022: indirect object identification",
  grounds: [
    own("indirect-object", ["giver"], {
      heads: "Four heads bring more than half of the difference between the two names.",
      carry: "The contrast's state at one place brings the other name.",
    }),
    any(
      [
        "When {x} and {y} went to the store, {giver} gave a drink to| {answer}",
        "Then {x} and {y} had a long argument, and afterwards {giver} said to| {answer}",
        "After {x} and {y} left the party, {giver} sent a letter to| {answer}",
      ],
      pairs.flatMap(p => [
        { ...p, pair: `${p.x}${p.y}`, giver: p.y!, answer: p.x!, wrong: p.y! },
        { ...p, pair: `${p.x}${p.y}`, giver: p.x!, answer: p.y!, wrong: p.x! },
      ]),
      "pair",
      ["giver"],
    ),
  ],
});

/**
 * Each pair of spans has years such that the end of one lies before the beginning of the other: only a model that looks
 * at the beginning can tell them apart, whatever ends it likes.
 */
const spans = rowsOf("years a answer wrong", [
  "A,22,41,11",
  "A,66,85,51",
  "B,33,52,21",
  "B,77,93,61",
  "C,44,63,31",
  "C,81,95,72",
  "D,13,25,07",
  "D,55,74,42",
  "E,26,38,15",
  "E,62,79,47",
  "F,37,48,23",
  "F,71,86,58",
  "G,18,31,04",
  "G,53,68,39",
  "H,42,57,28",
  "H,73,92,64",
  "I,31,45,19",
  "I,67,81,54",
  "J,24,36,12",
  "J,58,71,43",
]);

export const greaterThan = defineStudy({
  name: "greater-than",
  title: "Greater than",
  question: "The war lasted from 1732 to 17…: does it know that the end is later?",
  holds: "The first year is carried to the end by a few heads, and exchanging it exchanges what may follow.",
  fails: "No few heads carry the year.",
  ability: "end a span of years after it begins",
  after: "Hanna et al. 2023",
  grounds: [
    own("later", ["a"], {
      heads: "Four heads bring more than half of what the first year does to the second.",
      carry: "The contrast's state at the first year brings the contrast's second.",
    }),
    any(
      ["The {event} lasted from the year 17{a} to the year 17|{answer}"],
      crossed(
        rowsOf("event", ["war", "siege", "reign", "voyage", "drought", "strike", "truce", "trial", "exile"]),
        spans,
      ).map(r => ({
        ...r,
        pair: `${r.event}${r.years}`,
      })),
      "years",
      ["a"],
    ),
  ],
});

/** Two nouns near of each number, so that no rule about the nearest noun gets more than half of them right. */
const subjects = rowsOf("one many", [
  "key,keys",
  "guard,guards",
  "picture,pictures",
  "road,roads",
  "lamp,lamps",
  "letter,letters",
  "window,windows",
  "author,authors",
  "doctor,doctors",
  "captain,captains",
]);

export const agreement = defineStudy({
  name: "agreement",
  title: "Subject and verb",
  question: "The keys to the cabinet: is, or are?",
  holds: "The number of the first noun is carried to the verb, past the second noun.",
  fails: "No single carrier of the noun's number was found.",
  ability: "make the verb agree with the first noun",
  after: "Linzen et al. 2016; Lazo et al. and others on circuits",
  grounds: [
    own(
      "agreement",
      ["noun", "near"],
      {
        heads: "Four heads bring more than half of the difference between is and are.",
        carry: "The contrast's state at one place brings the other verb.",
      },
      0.6,
      "number",
    ),
    any(
      ["The {noun} to the {near}| {answer}", "I think that the {noun} behind the {near}| {answer}"],
      subjects.flatMap(s =>
        ["cabinet", "village", "castles", "bridges"].flatMap(near => [
          { noun: s.one!, near, pair: `${s.one}${near}`, number: "singular", answer: "is", wrong: "are" },
          { noun: s.many!, near, pair: `${s.one}${near}`, number: "plural", answer: "are", wrong: "is" },
        ]),
      ),
      "pair",
      ["noun"],
      0.75,
      "number",
    ),
  ],
});

/** A prime number of them, so that any seven steps of five meet seven words. */
const words =
  "tree moon door cup stone chair paper window candle bird river bread horse garden silver bottle engine mirror forest pencil flower ticket island basket hammer dragon copper rabbit winter".split(
    " ",
  );

export const induction = defineStudy({
  name: "induction",
  title: "Induction",
  question: "Random words said twice: does it know what follows the second time?",
  holds: "A few heads look back to what followed the first time and bring it.",
  fails: "No few heads were found that bring what followed.",
  ability: "repeat a list of random words",
  after: "Olsson et al. 2022: induction heads",
  grounds: [
    own(
      "induction",
      [],
      {
        heads: "Four heads bring more than half of the difference.",
        carry: "The contrast's state at the last token brings the contrast's word.",
      },
      0.3,
    ),
    any(
      ["{a} {b} {c} {d} {e} {a} {b}| {answer}"],
      Array.from({ length: 80 }, (_, i) => i).flatMap(i => {
        const w = (k: number) => words[(i * 3 + Math.floor(i / words.length) + k * 5) % words.length]!;
        // The wrong word is one of the list too: any word of it is not enough.
        const row = { a: w(1), b: w(2), d: w(4), e: w(5), pair: `${i}`, wrong: w(4) };
        return [
          { ...row, c: w(3), answer: w(3) },
          { ...row, c: w(6), answer: w(6) },
        ];
      }),
      "pair",
      ["c"],
      0.7,
    ),
  ],
});
