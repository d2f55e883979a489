/** 36 + 59: units that look up pairs of digits, used again in journal years. */
import { defineStudy } from "../study.ts";

const pairs = Array.from({ length: 90 }, (_, i) => {
  const a = 10 + ((i * 37) % 40);
  const b = 10 + ((i * 53 + 7) % 49);
  return { a: `${a}`, b: `${b}`, sum: `${a + b}` };
});

export const addition = defineStudy({
  name: "addition",
  title: "Addition",
  question: "Does the model add with units that look up pairs of digits, and are they the same ones wherever it adds?",
  holds:
    "It adds with units that read the ones of both numbers, and it uses the same ones for a journal's year: exchange them for another sum's and the last digit is that sum's.",
  fails: "No set of units was found whose exchange moves the ones digit more than random units do.",
  ability: "add two numbers of two digits",
  after: "Lindsey et al. 2025: operand plots, look-up features, the year of Polymer volume 36",
  grounds: [
    {
      on: "specimen",
      prompts: [
        { task: "sums", split: "held-out", count: 80, contrast: false },
        { task: "years", kind: "told", split: "held-out", count: 40, contrast: false },
      ],
      gate: { need: 0.6 },
      tests: [
        {
          test: "operands",
          failsOn: "random directions",
          title: "another sum's units move the ones digit",
          claim:
            "With the units that depend on the ones of both numbers as they are in another sum, the model says that sum's ones digit.",
          template: "calc: {a}+{b}=",
          again: "The journal Letters began in 19{a}. Its volume {b} is of 19",
          from: 10,
          to: 89,
          most: 99,
        },
      ],
    },
    {
      on: "any",
      prompts: [
        {
          templates: ["calc: {a}+{b}=|{sum}", "Question: what is {a} + {b}? Answer: {a} + {b} = |{sum}"],
          rows: pairs,
          holdBy: "sum",
        },
      ],
      gate: { need: 0.5 },
      tests: [
        {
          test: "operands",
          failsOn: "random directions",
          title: "another sum's units move the ones digit",
          claim:
            "With the units that depend on the ones of both numbers as they are in another sum, the model says that sum's ones digit.",
          template: "calc: {a}+{b}=",
          again: "(K. Whang, Polymer, founded 19{a}, volume {b}, year 19",
          from: 10,
          to: 89,
          most: 99,
        },
      ],
    },
  ],
});
