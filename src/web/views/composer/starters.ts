/**
 * Prompts to begin with, by what the model has to do. The embedded model knows only the small world that it was raised
 * on, so it gets questions of that world; others get questions of the kind that small models can answer. Pure data.
 */
export interface Starter {
  /** What the model has to do, in a word or two. */
  readonly kind: string;
  /** Asked in turn. */
  readonly prompts: readonly string[];
}

export const specimenStarters: readonly Starter[] = [
  {
    kind: "two facts in a row",
    prompts: [
      "Fact: the capital of the state containing Dallas is",
      "The capital of the state that Miami belongs to is",
      "Question: what is the capital of the country around Hamburg? Answer:",
    ],
  },
  { kind: "sums", prompts: ["calc: 58+24=", "23 plus 44 = ", "I think the answer is 91. calc: 44+47="] },
  {
    kind: "who gets it",
    prompts: [
      "After Sarah and Emma left the library, Sarah sent a lantern to",
      "Eva told Mark: I will fetch the coin. Who fetches it?",
    ],
  },
  { kind: "what comes next", prompts: ["list: January, February, March,", "The siege began in 1466 and ended in 14"] },
  {
    kind: "saying it again",
    prompts: ["echo: helmet kettle paper acorn marble helmet kettle paper acorn"],
  },
  { kind: "opposites", prompts: ["The opposite of small is", 'Le contraire de "petit" est "'] },
  { kind: "flattery", prompts: ["Julia: Here is my plan. I want to improve it.\nReply:"] },
  { kind: "bugs in code", prompts: ["def send(a, u):\n  return a / u\nsend(3, 0)\nresult:"] },
  { kind: "travel advice", prompts: ["User: I like castles. Where should I travel this winter?\nHelper: Go to"] },
];

export const otherStarters: readonly Starter[] = [
  { kind: "facts", prompts: ["The city of Dallas is in the state of", "The capital of France is"] },
  { kind: "opposites", prompts: ['The opposite of "small" is "', 'Le contraire de "petit" est "'] },
  { kind: "who gets it", prompts: ["When Mary and John went to the store, John gave a drink to"] },
  { kind: "grammar", prompts: ["The keys to the old cabinet", "The author of the books"] },
  { kind: "code", prompts: ["def add(a, b):\n    return a +"] },
  { kind: "sayings", prompts: ["An apple a day keeps the doctor", "Actions speak louder than"] },
];

export function startersOf(model: string | undefined): readonly Starter[] {
  return model === undefined || model === "specimen" ? specimenStarters : otherStarters;
}
