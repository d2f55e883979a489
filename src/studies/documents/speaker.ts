/** "I am Anna. You are Tom. Who am I?": does the model keep track of who is who? */
import { defineStudy } from "../study.ts";
import { crossed, rowsOf } from "./rows.ts";

const people = rowsOf("w m pair", [
  "Anna,Tom,1",
  "Mary,John,2",
  "Sarah,Paul,3",
  "Kate,Mark,4",
  "Alice,Jack,5",
  "Emma,Ben,6",
  "Lucy,Adam,7",
  "Julia,David,8",
  "Laura,James,9",
  "Grace,Peter,10",
  "Helen,Daniel,11",
  "Rose,Max,12",
]);

export const speaker = defineStudy({
  name: "speaker",
  title: "Who is speaking",
  question: "Does the model keep who says “I” apart from who is told “you”?",
  holds: "Who is meant stands at one place: the other person's state there makes the model name the other person.",
  fails: "No single place carries who is meant.",
  ability: "say who is meant by I, you, he and she",
  grounds: [
    {
      on: "specimen",
      prompts: [
        { task: "stories", split: "train", count: 300 },
        { task: "stories", split: "held-out", count: 200 },
      ],
      gate: { need: 0.5 },
      tests: [
        {
          test: "carry",
          title: "who is meant is carried to the end",
          claim: "The contrast's state at the last token brings the other person.",
          at: ["last", "w", "m"],
          measure: "exact",
          count: 40,
        },
        {
          test: "heads",
          title: "a few heads fetch the name",
          claim: "Five heads bring more than half of the difference between the two people.",
          most: 5,
          count: 40,
          core: false,
        },
      ],
    },
    {
      on: "any",
      prompts: [
        {
          templates: ["My name is {w}. Your name is {m}. What is {who} name? {who2} name is| {answer}"],
          holdBy: "pair",
          foil: "wrong",
          rows: crossed(people, rowsOf("who who2", ["my,Your", "your,My"])).map(r => ({
            ...r,
            answer: r.who === "my" ? r.w! : r.m!,
            wrong: r.who === "my" ? r.m! : r.w!,
          })),
        },
      ],
      gate: { measure: "choice", need: 0.75 },
      tests: [
        {
          test: "carry",
          title: "who is meant is carried to the end",
          claim: "The contrast's state brings the other person.",
          at: ["who2", "last"],
          measure: "choice",
          count: 20,
        },
        {
          test: "heads",
          title: "a few heads fetch the name",
          claim: "Five heads bring more than half of the difference.",
          most: 5,
          count: 16,
          core: false,
        },
      ],
    },
  ],
});
