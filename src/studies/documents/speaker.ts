/** "I am Anna. You are Tom. Who am I?": does the model keep track of who is who? */
import { defineStudy } from "../study.ts";
import { crossed, rowsOf } from "./rows.ts";

const women = "Anna Mary Sarah Kate Alice Emma Lucy Julia Laura Grace Helen Rose".split(" ");
const men = "Tom John Paul Mark Jack Ben Adam David James Peter Daniel Max".split(" ");
/** Each woman with five of the men. */
const people = women.flatMap((w, i) =>
  [0, 1, 3, 6, 10].map(step => ({ w, m: men[(i + step) % men.length]!, pair: `${w} ${step}` })),
);

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
          failsOn: "random directions",
          title: "who is meant is carried to the end",
          claim: "The contrast's state at the last token brings the other person.",
          at: ["last", "w", "m"],
          measure: "exact",
        },
        {
          test: "heads",
          failsOn: "random directions",
          title: "a few heads fetch the name",
          claim: "Five heads bring more than half of the difference between the two people.",
          most: 5,
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
          failsOn: "random directions",
          title: "who is meant is carried to the end",
          claim: "The contrast's state brings the other person.",
          at: ["who2", "last"],
          measure: "choice",
        },
        {
          test: "heads",
          failsOn: "random directions",
          title: "a few heads fetch the name",
          claim: "Five heads bring more than half of the difference.",
          most: 5,
          core: false,
        },
      ],
    },
  ],
});
