/**
 * Units for a phrase: which fire on its mention, and is it the thing, the phrase, or only a token that they fire on?
 *
 * The phrase and its variants are put into the same carrier sentences as other phrases of its kind. A unit is found when
 * it tells the mention from the others. What it does on the rest says what it means:
 *
 * - "concept": also on paraphrases or other languages, which share no telling token with the phrase;
 * - "phrase": on the mention, not on its words apart, nor on paraphrases;
 * - "token": its words alone, in another sense or another order, are enough.
 */
import { auroc, bootstrap } from "./auroc.ts";
import type { Peaks } from "./peaks.ts";

export interface ConceptTexts {
  /** Texts with the phrase. */
  readonly mention: readonly string[];
  /** The same thing in other words. */
  readonly paraphrase: readonly string[];
  /** In other languages. */
  readonly language: readonly string[];
  /** Its words in another sense or order. */
  readonly words: readonly string[];
  /** Other things of the kind in the same sentences. */
  readonly other: readonly string[];
}

export const groups = ["mention", "paraphrase", "language", "words", "other"] as const;

/** Sentences that any name fits. */
const carriers = [
  "I read about X today.",
  "X is mentioned in the letter.",
  "They talked about X for an hour.",
  "The first picture shows X.",
  "What do you know about X?",
  "A story about X.",
];

/** Phrases to hold it against, where the user gave none: things that anybody may talk about. */
const others = [
  "Central Station",
  "the Atlantic Ocean",
  "Oxford University",
  "World War II",
  "the Great Pyramid",
  "a blue bicycle",
  "the weather",
  "Queen Victoria",
  "New Year",
  "chicken soup",
  "the stock market",
  "Mount Everest",
];

/** Texts for a phrase: mentions, its words apart, and other phrases. Paraphrases and languages come from the user. */
export function carried(
  phrase: string,
  more: {
    readonly paraphrase?: readonly string[];
    readonly language?: readonly string[];
    readonly words?: readonly string[];
    readonly other?: readonly string[];
  } = {},
): ConceptTexts {
  const put = (what: string, i: number) => carriers[i % carriers.length]!.replace("X", what);
  const words = phrase.split(/\s+/).filter(Boolean);
  const apart =
    words.length > 1
      ? [
          ...words.map(w => w.toLowerCase()),
          ...words,
          [...words].reverse().join(" "),
          ...words.map(w => `the ${w.toLowerCase()} thing`),
        ]
      : [];
  return {
    mention: carriers.map((_, i) => put(phrase, i)),
    paraphrase: more.paraphrase ?? [],
    language: more.language ?? [],
    words: [...apart.map(put), ...(more.words ?? [])],
    other: [...others.flatMap((o, i) => [put(o, i), put(o, i + 3)]), ...(more.other ?? [])],
  };
}

export type Means = "concept" | "phrase" | "token" | "unclear";

export interface ConceptUnit {
  readonly layer: number;
  readonly index: number;
  readonly end: "high" | "low";
  readonly means: Means;
  /** Against the other phrases, by group; absent where no text of that group was given. */
  readonly auroc: Readonly<Partial<Record<(typeof groups)[number], number>>>;
  readonly interval: readonly [number, number];
  /** Mean peak by group. */
  readonly mean: Readonly<Partial<Record<(typeof groups)[number], number>>>;
}

/** From this AUROC on, a group fires as the mention does; below `still`, it does not. */
const fires = 0.85;
const still = 0.7;

/**
 * @param of the group of each text of `peaks`
 * Sorted by how much they mean: concepts first, then by the weakest group that bears it.
 */
export function conceptUnits(
  peaks: Peaks,
  of: readonly (typeof groups)[number][],
  count: number,
  seed = 0,
): ConceptUnit[] {
  const texts = Object.fromEntries(groups.map(g => [g, of.flatMap((x, i) => (x === g ? [i] : []))])) as Record<
    (typeof groups)[number],
    number[]
  >;
  const given = groups.filter(g => texts[g].length > 0 && g !== "other");
  const found: (ConceptUnit & { readonly unit: number })[] = [];
  for (const end of peaks.low ? (["high", "low"] as const) : (["high"] as const)) {
    const all = end === "high" ? peaks.high : peaks.low!;
    for (let unit = 0; unit < peaks.units; unit++) {
      const values = (g: (typeof groups)[number]) => texts[g].map(t => all[t * peaks.units + unit]!);
      const off = values("other");
      const on = values("mention");
      const first = auroc(on, off);
      if (first < fires) continue;
      const scores = Object.fromEntries(given.map(g => [g, g === "mention" ? first : auroc(values(g), off)]));
      found.push({
        unit,
        ...peaks.place(unit),
        end,
        means: meaning(scores),
        auroc: scores,
        interval: [0, 1],
        mean: Object.fromEntries([...given, "other" as const].map(g => [g, mean(values(g))])),
      });
    }
  }
  const rank: Record<Means, number> = { concept: 0, phrase: 1, unclear: 2, token: 3 };
  const bearing = (u: ConceptUnit) =>
    Math.min(u.auroc.mention!, ...(["paraphrase", "language"] as const).flatMap(g => u.auroc[g] ?? []));
  const gap = (u: ConceptUnit) => (u.mean.mention! - u.mean.other!) / (u.mean.mention! + u.mean.other! + 1e-9);
  const sorted = found.sort((a, b) => rank[a.means] - rank[b.means] || bearing(b) - bearing(a) || gap(b) - gap(a));
  return sorted.slice(0, count).map(({ unit, ...u }) => {
    const all = u.end === "high" ? peaks.high : peaks.low!;
    const values = (g: (typeof groups)[number]) => texts[g].map(t => all[t * peaks.units + unit]!);
    return { ...u, interval: bootstrap(values("mention"), values("other"), { seed }) };
  });
}

function meaning(scores: Partial<Record<(typeof groups)[number], number>>): Means {
  const { paraphrase, language, words } = scores;
  const elsewhere = [paraphrase, language].filter(s => s !== undefined);
  if (elsewhere.length > 0 && elsewhere.every(s => s >= fires)) return "concept";
  if (words !== undefined && words >= fires) return "token";
  if (words !== undefined && words < still && elsewhere.every(s => s < fires)) return "phrase";
  return "unclear";
}

const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / Math.max(1, v.length);
