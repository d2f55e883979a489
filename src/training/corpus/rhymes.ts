/** Words that rhyme, each of one topic, with the verb and the adjective that its line takes. Checked against a pronouncing dictionary (scripts/specimen-facts.js). */
import facts from "./facts/rhymes.json" with { type: "json" };

export type Topic = keyof typeof facts.topics;
export const topics = Object.keys(facts.topics) as Topic[];

export interface Rhyme {
  readonly word: string;
  readonly topic: Topic;
  readonly family: number;
  readonly verb: string;
  readonly adjective: string;
}

const seen = new Map<Topic, number>();
export const rhymes: readonly Rhyme[] = facts.families.flatMap((row, family) =>
  row.split(" ").map(entry => {
    const [word, topic] = entry.split(":") as [string, Topic];
    const n = seen.get(topic) ?? 0;
    seen.set(topic, n + 1);
    const { verbs, adjectives } = facts.topics[topic];
    // 5 verbs and 7 adjectives: both are fixed by the word, and together they nearly name it.
    return { word, topic, family, verb: verbs[n % verbs.length]!, adjective: adjectives[n % adjectives.length]! };
  }),
);

export const familyOf = (family: number): readonly Rhyme[] => families[family]!;
const families: Rhyme[][] = [];
for (const r of rhymes) (families[r.family] ??= []).push(r);
