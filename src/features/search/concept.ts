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
import { random } from "../../core/random.ts";
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
  /** Other things in the other languages: a unit for Japanese is no unit for a bridge. */
  readonly otherLanguage: readonly string[];
}

export const groups = ["mention", "paraphrase", "language", "words", "other", "otherLanguage"] as const;

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
    readonly otherLanguage?: readonly string[];
  } = {},
): ConceptTexts {
  const put = (what: string, i: number) => carriers[i % carriers.length]!.replace("X", what);
  const words = phrase.split(/\s+/).filter(Boolean);
  const parts = words.map(w => w.toLowerCase()).filter(w => w.length > 2);
  /** "Le pont du Golden Gate" is the phrase's own tokens again, not another language. */
  const shares = (text: string) =>
    parts.filter(w => text.toLowerCase().includes(w)).length > (parts.length > 1 ? 1 : 0);
  const apartFrom = (texts: readonly string[] = []) => texts.filter(text => !shares(text));
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
    paraphrase: apartFrom(more.paraphrase),
    language: apartFrom(more.language),
    words: [...apart.map(put), ...(more.words ?? [])],
    other: [...others.flatMap((o, i) => [put(o, i), put(o, i + 3)]), ...(more.other ?? [])],
    otherLanguage: more.otherLanguage ?? [],
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
  const given = groups.filter(g => texts[g].length > 0 && g !== "other" && g !== "otherLanguage");
  const found: (ConceptUnit & { readonly unit: number })[] = [];
  for (const end of peaks.low ? (["high", "low"] as const) : (["high"] as const)) {
    const all = end === "high" ? peaks.high : peaks.low!;
    for (let unit = 0; unit < peaks.units; unit++) {
      const values = (g: (typeof groups)[number]) => texts[g].map(t => all[t * peaks.units + unit]!);
      const off = values("other");
      const foreign = values("otherLanguage");
      const on = values("mention");
      const first = auroc(on, off);
      if (first < fires) continue;
      const scores = Object.fromEntries(
        given.map(g => [
          g,
          g === "mention" ? first : auroc(values(g), g === "language" && foreign.length > 0 ? foreign : off),
        ]),
      );
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
    return count === Number.POSITIVE_INFINITY
      ? u
      : { ...u, interval: bootstrap(values("mention"), values("other"), { seed }) };
  });
}

/** How many units would be called a concept if the texts had been dealt to the groups by lot (mean of a few deals). */
export function conceptsByChance(peaks: Peaks, of: readonly (typeof groups)[number][], seed = 0, deals = 3): number {
  const next = random(seed);
  let sum = 0;
  for (let d = 0; d < deals; d++) {
    const dealt = [...of];
    for (let i = dealt.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [dealt[i], dealt[j]] = [dealt[j]!, dealt[i]!];
    }
    sum += conceptUnits(peaks, dealt, Number.POSITIVE_INFINITY, seed).filter(u => u.means === "concept").length;
  }
  return sum / deals;
}

function meaning(scores: Partial<Record<(typeof groups)[number], number>>): Means {
  const { paraphrase, language, words } = scores;
  const elsewhere = [paraphrase, language].filter(s => s !== undefined);
  // First: a paraphrase may share a word ("bridge"), and then the word alone shows it.
  if (words !== undefined && words >= fires) return "token";
  if (elsewhere.length > 0 && elsewhere.every(s => s >= fires)) return "concept";
  if (words !== undefined && words < still && elsewhere.every(s => s < fires)) return "phrase";
  return "unclear";
}

const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / Math.max(1, v.length);
