/** Small programs with and without a mistake: is "this fails" one thought, whatever the language? */
import { defineStudy } from "../study.ts";

/** Kinds of mistake, learnt in one syntax. */
const exchanged = {
  test: "swap",
  failsOn: "random directions",
  label: "mistake",
  learnOn: { syntax: "py" },
} as const;

export const codeBug = defineStudy({
  name: "code-bug",
  title: "A mistake in code",
  question: "Does the model notice that code will fail, and is that one thought for two languages?",
  holds: "“This fails” is one thought: learnt in one language it can be read and exchanged in the other.",
  fails: "No direction for “this fails” carries over.",
  ability: "tell code that runs from code that fails",
  after: "Templeton et al. 2024: a feature for bugs",
  grounds: [
    {
      on: "specimen",
      prompts: [
        { task: "bugs", split: "train", count: 600, contrast: false },
        { task: "bugs", split: "held-out", count: 700, contrast: false },
      ],
      gate: { need: 0.6 },
      tests: [
        {
          ...exchanged,
          title: "failing code made to run",
          claim:
            "With the mean of names that were given, put in where one is read that was not, the code is said to be ok.",
          at: "right",
          targets: ["none"],
          applyTo: { syntax: "js", mistake: "name" },
        },
        {
          ...exchanged,
          title: "running code made to fail",
          claim:
            "With the mean of names that were not given, put in where one is read that was, the name is said to be unknown.",
          at: "right",
          targets: ["name"],
          applyTo: { syntax: "js", mistake: "none" },
        },
        {
          ...exchanged,
          title: "the same at the last token",
          claim:
            "With the mean of code that runs at the last token, failing code is said to be ok, and the other way round.",
          at: "last",
          targets: ["none", "name"],
          applyTo: { syntax: "js" },
          core: false,
        },
        {
          test: "probe",
          failsOn: "shuffled labels",
          title: "learnt in one language, read in the other",
          claim: "Whether code fails, learnt on one syntax, can be read in the other.",
          label: "runs",
          at: "last",
          learnOn: { syntax: "py" },
          applyTo: { syntax: "js" },
          need: 0.8,
          count: 150,
        },
      ],
    },
    {
      on: "any",
      prompts: [
        {
          templates: ["{code}\n|{answer}"],
          holdBy: "pair",
          foil: "wrong",
          rows: "x y items total count name value n data result size width k m price score index limit age speed step length height depth weight number level rate day hour"
            .split(" ")
            .flatMap((v, i) => {
              const k = 3 + (i % 6);
              const pair = `${i}`;
              return [
                {
                  code: `>>> ${v} = ${k}\n>>> print(${v} + 1)`,
                  answer: `${k + 1}`,
                  wrong: "Traceback",
                  runs: "runs",
                  pair,
                },
                {
                  code: `>>> ${v} = ${k}\n>>> print(${v}s + 1)`,
                  answer: "Traceback",
                  wrong: `${k + 1}`,
                  runs: "fails",
                  pair,
                },
                {
                  code: `>>> ${v} = ${k}\n>>> print(${v} * 1)`,
                  answer: `${k}`,
                  wrong: "Traceback",
                  runs: "runs",
                  pair,
                },
                {
                  code: `>>> ${v} = ${k}\n>>> print(${v} / 0)`,
                  answer: "Traceback",
                  wrong: `${k}`,
                  runs: "fails",
                  pair,
                },
              ];
            }),
        },
      ],
      gate: { measure: "choice", need: 0.7 },
      tests: [
        {
          test: "probe",
          failsOn: "shuffled labels",
          title: "whether it fails can be read at the end",
          claim: "Whether the code fails can be read at the last token.",
          label: "runs",
          at: "last",
          need: 0.75,
          core: false,
        },
        {
          test: "swap",
          failsOn: "random directions",
          title: "code that runs made to fail",
          claim: "With the mean of code that fails, a traceback becomes likelier than the value.",
          label: "runs",
          keeping: [],
          at: "last",
          applyTo: { runs: "runs" },
          targets: ["fails"],
          measure: "choice",
        },
      ],
    },
  ],
});
