/** The picture of the reader: a child, a student, a scholar; turn by turn. */
import { defineStudy } from "../study.ts";
import { rowsOf } from "./rows.ts";

export const readerAge = defineStudy({
  name: "reader-age",
  title: "The picture of the reader",
  question: "Does the model form a picture of who is reading, change it with what it is told, and answer by it?",
  holds:
    "It pictures its reader: the picture can be read at the end, follows a correction, and exchanging it changes the answer's level.",
  fails: "A picture of the reader could not be read, or exchanging it where it can be read does not change the answer.",
  ability: "answer a child, a student and a scholar each at their level",
  after: "Chen et al. 2024 (TalkTuner): probes of the user",
  grounds: [
    {
      on: "specimen",
      prompts: [
        { task: "age", split: "train", count: 700 },
        { task: "age", split: "held-out", count: 260 },
      ],
      gate: { need: 0.6 },
      tests: [
        {
          test: "probe",
          title: "the picture can be read, and follows a correction",
          claim:
            "Learnt where nothing was corrected, the reader's last-told level can be read at the end of conversations in which it was.",
          label: "bridge",
          at: "last",
          alongside: ["turn1", "turn2"],
          learnOn: { changed: "no" },
          applyTo: { changed: "yes" },
          need: 0.75,
          count: 80,
        },
        {
          test: "swap",
          title: "another reader put in",
          claim: "With another reader's mean at what they said, the whole answer is at that reader's level.",
          label: "bridge",
          keeping: ["asks", "question"],
          at: "evidence",
          applyTo: { asks: "answer", changed: "no" },
          learnOn: { changed: "no" },
          count: 40,
        },
        {
          test: "swap",
          title: "another reader, put in at the end",
          claim: "The same at the last token.",
          label: "bridge",
          keeping: ["asks", "question"],
          at: "last",
          applyTo: { asks: "answer" },
          learnOn: { asks: "answer" },
          count: 40,
          core: false,
        },
      ],
    },
    {
      on: "any",
      prompts: [
        {
          templates: ["{evidence} The person who says this is a| {who}"],
          holdBy: "evidence",
          foil: "wrong",
          rows: rowsOf("evidence who wrong", [
            "I lost my first tooth today.,child,professor",
            "My mommy reads to me every night.,child,professor",
            "I am in kindergarten.,child,professor",
            "My teddy bear sleeps with me.,child,professor",
            "I can count up to ten now.,child,professor",
            "My daddy takes me to the playground.,child,professor",
            "I am five years old.,child,professor",
            "My teacher gave me a gold star for coloring.,child,professor",
            "My lab has published three papers.,professor,child",
            "I supervise four doctoral theses.,professor,child",
            "I gave a lecture on topology.,professor,child",
            "I review for a scientific journal.,professor,child",
            "My department hired two lecturers.,professor,child",
            "I received tenure last spring.,professor,child",
            "I grade exams every June.,professor,child",
            "My research grant was renewed.,professor,child",
          ]),
        },
      ],
      gate: { measure: "choice", need: 0.75 },
      tests: [
        {
          test: "probe",
          title: "the picture can be read",
          claim: "Child or professor can be read after what they said.",
          label: "who",
          at: "evidence",
          need: 0.75,
          count: 16,
          core: false,
        },
        {
          test: "swap",
          title: "another reader put in",
          claim: "With the other reader's mean at what they said, the other word is likelier.",
          label: "who",
          at: "evidence",
          measure: "choice",
          count: 16,
        },
      ],
    },
  ],
});
