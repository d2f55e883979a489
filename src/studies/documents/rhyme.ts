/** A couplet: is the rhyme chosen at the line break, before the line is written? */
import { defineStudy } from "../study.ts";
import { rowsOf } from "./rows.ts";

export const rhyme = defineStudy({
  name: "rhyme",
  title: "Planning a rhyme",
  question: "Does the model choose the rhyme at the line break, before it writes the words that lead there?",
  holds:
    "The rhyme is chosen at the line break: another word put in there changes the whole line, middle words and all; the same vector elsewhere does not.",
  fails: "Nothing at the line break was found that settles the line.",
  ability: "write a second line that rhymes",
  after: "Lindsey et al. 2025: grab it, rabbit",
  grounds: [
    {
      on: "specimen",
      prompts: [
        { task: "couplets", split: "train", count: 120 },
        { task: "couplets", split: "train", count: 2000, contrast: false },
        { task: "couplets", split: "held-out", count: 160 },
      ],
      gate: { need: 0.3 },
      tests: [
        {
          test: "swap",
          title: "another planned word at the line break",
          claim:
            "With another word's mean put in at the line break, the whole second line (verb, adjective, rhyme) is that word's.",
          label: "bridge",
          keeping: ["who"],
          at: "break",
          least: 3,
          count: 40,
          need: 0.4,
        },
        {
          test: "probe",
          title: "the planned word can be read at the line break",
          claim: "The second line's last word can be read at the line break.",
          label: "bridge",
          at: "break",
          count: 100,
          core: false,
        },
        {
          test: "carry",
          title: "the contrast's plan at the line break",
          claim: "The contrast's state at the line break brings the contrast's whole line.",
          at: ["break", "end", "topic"],
          claimed: "break",
          count: 40,
        },
      ],
    },
    {
      on: "any",
      prompts: [
        {
          templates: ["A rhyming couplet:\n{first}\n{start}| {rhyme}"],
          holdBy: "rhyme",
          foil: "other",
          rows: rowsOf("first start rhyme other", [
            "The little mouse was in the house and,then quietly it saw a,louse,dog",
            "He looked up high into the night,and saw a star that shone so,bright,big",
            "The farmer had a big black cat,that liked to sleep upon his,hat,bed",
            "She wandered slowly through the rain,and waited for the evening,train,bus",
            "The children played beside the tree,until they heard the buzzing,bee,dog",
            "The king put on his golden ring,and then the bird began to,sing,fly",
            "The baker made a loaf of bread,then went upstairs and into,bed,town",
            "I had a dream about the sea,and all the fish came up to,me,him",
            "The fox jumped over every log,and ran away from one old,dog,cat",
            "We walked together in the snow,and felt the winter wind now,blow,come",
            "The sailor had a wooden boat,and wore an old and heavy,coat,hat",
            "The clock struck ten and then struck two,I still do not know what to,do,say",
            "She found a penny on the ground,and turned it round and round and,round,over",
            "He wrote a letter with a pen,and sent it off to seven,men,girls",
            "The moon was hanging in the sky,and no one ever asked me,why,how",
            "The boy sat down to eat his cake,then went out swimming in the,lake,river",
          ]),
        },
      ],
      gate: { measure: "choice", need: 0.8 },
      note: "Only whether the model prefers the rhyming word at the end can be asked here; whole lines that rhyme were not written by any model this small.",
      tests: [
        {
          test: "carry",
          title: "the plan is carried by the line break",
          claim: "The contrast's state at an earlier place brings the contrast's rhyme.",
          at: ["first", "start"],
          claimed: "first",
          measure: "choice",
          count: 16,
        },
      ],
    },
  ],
});
