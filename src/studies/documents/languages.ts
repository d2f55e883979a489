/** Small, petit, 小: one thought in several languages? */
import { defineStudy } from "../study.ts";
import { crossed, rowsOf } from "./rows.ts";

const opposites = rowsOf("concept en fr", [
  "small,large,grand",
  "hot,cold,froid",
  "rich,poor,pauvre",
  "happy,sad,triste",
  "strong,weak,faible",
  "fast,slow,lent",
  "young,old,vieux",
  "empty,full,plein",
  "good,bad,mauvais",
  "easy,difficult,difficile",
  "true,false,faux",
  "open,closed,fermé",
  "heavy,light,léger",
  "clean,dirty,sale",
  "long,short,court",
  "wide,narrow,étroit",
  "dry,wet,mouillé",
  "early,late,tard",
  "first,last,dernier",
  "white,black,noir",
  "day,night,nuit",
  "war,peace,paix",
  "love,hate,haine",
  "life,death,mort",
  "north,south,sud",
  "left,right,droite",
]);
const french: Record<string, string> = {
  small: "petit",
  hot: "chaud",
  rich: "riche",
  happy: "heureux",
  strong: "fort",
  fast: "rapide",
  young: "jeune",
  empty: "vide",
  good: "bon",
  easy: "facile",
  true: "vrai",
  open: "ouvert",
  heavy: "lourd",
  clean: "propre",
  long: "long",
  wide: "large",
  dry: "sec",
  early: "tôt",
  first: "premier",
  white: "blanc",
  day: "jour",
  war: "guerre",
  love: "amour",
  life: "vie",
  north: "nord",
  left: "gauche",
};
const frames = [
  { template: "en", language: "English" },
  { template: "fr", language: "French" },
];
const rows: Record<string, string>[] = crossed(opposites, frames).map(r => ({
  ...r,
  word: r.language === "French" ? french[r.concept!]! : r.concept!,
  answer: r.language === "French" ? r.fr! : r.en!,
}));
const of = (language: string) => rows.filter(r => r.language === language);

export const languagesStudy = defineStudy({
  name: "languages",
  title: "One thought, several languages",
  question: "Is a word's meaning one thought for all languages, apart from the language it is said in?",
  holds:
    "Meaning, operation and language stand apart: each can be exchanged alone, with means taken in another language.",
  fails: "Means taken in one language move nothing in another: each language has its own code.",
  ability: "say the opposite of a word in several languages",
  after: "Lindsey et al. 2025: small, petit, 小",
  grounds: [
    {
      on: "specimen",
      prompts: [
        // How something known is answered: of what the model was shown, half is learnt from and half tested on.
        { task: "opposites", split: "train", count: 900, contrast: false, deal: 0.5 },
        { task: "opposites", split: "held-out", count: 200, contrast: false },
        { task: "opposites-across", split: "train", count: 900, contrast: false, deal: 0.5 },
        { task: "opposites-across", split: "held-out", count: 200, contrast: false },
        { task: "translation", split: "train", count: 700, contrast: false },
      ],
      gate: { need: 0.6, applyTo: { task: ["opposites", "opposites-across"], shown: "yes" }, tell: "shown" },
      tests: [
        {
          test: "swap",
          failsOn: "random directions",
          title: "operand: another word's meaning, learnt in English",
          claim:
            "In French and Chinese prompts, the English mean of another word makes the model say that word's opposite, in the prompt's language.",
          label: "concept",
          keeping: ["task", "language"],
          at: "word",
          least: 1,
          learnOn: { task: ["opposites"], language: "English" },
          applyTo: { task: ["opposites"], language: ["French", "Chinese"], shown: "yes" },
        },
        {
          test: "swap",
          failsOn: "random directions",
          title: "language: the answer's language",
          claim: "With the mean of another language put in, the opposite is said in that language.",
          label: "into",
          keeping: ["task", "concept"],
          at: "last",
          learnOn: { task: ["opposites-across"] },
          applyTo: { task: ["opposites-across"], shown: "yes" },
        },
        {
          test: "swap",
          failsOn: "random directions",
          title: "operation: translate instead of oppose",
          claim:
            "With the mean of “translate” in place of “opposite” (into the same language), the word's translation is said.",
          label: "task",
          keeping: ["concept", "into"],
          at: "last",
          targets: ["translation"],
          learnOn: { task: ["opposites-across", "translation"] },
          applyTo: { task: ["opposites-across", "translation"], shown: "yes" },
          need: 0.4,
        },
        {
          test: "sharing",
          failsOn: "shuffled labels",
          title: "shared units, by layer",
          claim:
            "The units most active on a word are more alike for the same word in two languages than for different words.",
          concept: "concept",
          language: "language",
          at: "word",
          applyTo: { task: ["opposites"] },
          need: 0.1,
        },
      ],
    },
    {
      on: "any",
      prompts: [
        {
          templates: [
            'The opposite of "{word}" is "|{answer}"',
            "hot is the opposite of cold. {word} is the opposite of| {answer}",
          ],
          rows: of("English"),
          holdBy: "concept",
        },
        {
          templates: [
            'Le contraire de "{word}" est "|{answer}"',
            "chaud est le contraire de froid. {word} est le contraire de| {answer}",
          ],
          rows: of("French"),
          holdBy: "concept",
        },
      ],
      gate: { need: 0.3 },
      tests: [
        {
          test: "swap",
          failsOn: "random directions",
          title: "operand: another word's meaning, learnt in English",
          claim:
            "In French prompts, the English mean of another word makes its opposite likelier than the own one's, in French.",
          label: "concept",
          keeping: ["language"],
          at: "word",
          learnOn: { language: "English" },
          applyTo: { language: "French" },
          measure: "choice",
        },
        {
          test: "swap",
          failsOn: "random directions",
          title: "language: French or English",
          claim: "With the mean of the other language put in at the last token, the opposite is said in that language.",
          label: "language",
          keeping: ["concept"],
          at: "last",
          measure: "choice",
        },
        {
          test: "sharing",
          failsOn: "shuffled labels",
          title: "shared units, by layer",
          claim:
            "The units most active on a word are more alike for the same word in two languages than for different words.",
          concept: "concept",
          language: "language",
          at: "word",
          need: 0.05,
        },
      ],
    },
  ],
});
