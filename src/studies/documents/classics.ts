/** The field's classics, for comparison: indirect object, greater-than, subject-verb agreement, induction. */
import { defineStudy, type StudyDraft } from "../study.ts";
import { crossed, rowsOf } from "./rows.ts";

type Ground = StudyDraft["grounds"][number];

/** The specimen's ground of a classic: its task, heads, and the place that carries the difference. */
const own = (task: string, at: string[], claims: { heads: string; carry: string }, need = 0.5): Ground => ({
  on: "specimen",
  prompts: [
    { task, split: "train", count: 200 },
    { task, split: "held-out", count: 160 },
  ],
  gate: { need },
  tests: [
    { test: "heads", title: "a few heads bring the difference", claim: claims.heads, most: 4, count: 40 },
    {
      test: "carry",
      title: "where the difference is carried",
      claim: claims.carry,
      at: [...at, "last"],
      measure: "choice",
      count: 40,
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
): Ground => ({
  on: "any",
  prompts: [{ templates, rows, holdBy, foil: "wrong" }],
  gate: { measure: "choice", need },
  tests: [
    {
      test: "heads",
      title: "a few heads bring the difference",
      claim: "Five heads bring more than half of the difference.",
      most: 5,
      count: 16,
    },
    {
      test: "carry",
      title: "where the difference is carried",
      claim: "The contrast's state at one place brings the contrast's answer.",
      at: [...at, "last"],
      measure: "choice",
      count: 16,
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
        rowsOf("event", ["war", "siege", "reign", "voyage", "drought", "strike"]),
        rowsOf("a answer wrong", ["12,85,03", "85,93,12", "31,87,09", "87,95,31", "24,78,06", "78,92,24"]),
      ),
      "event",
      ["a"],
    ),
  ],
});

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
    ),
    any(
      ["The {noun} to the {near}| {answer}", "I think that the {noun} behind the {near}| {answer}"],
      subjects.flatMap(s =>
        ["cabinet", "village"].flatMap(near => [
          { noun: s.one!, near, pair: `${s.one}${near}`, answer: "is", wrong: "are" },
          { noun: s.many!, near, pair: `${s.one}${near}`, answer: "are", wrong: "is" },
        ]),
      ),
      "pair",
      ["noun"],
    ),
  ],
});

const words = "tree moon door cup stone chair paper window candle feather ribbon bucket".split(" ");

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
      words.flatMap((_, i) => {
        const w = (k: number) => words[(i + k * 5) % 12]!;
        const row = { a: w(1), b: w(2), d: w(4), e: w(5), pair: `${i}` };
        return [
          { ...row, c: w(3), answer: w(3), wrong: w(6) },
          { ...row, c: w(6), answer: w(6), wrong: w(3) },
        ];
      }),
      "pair",
      ["c"],
      0.7,
    ),
  ],
});
