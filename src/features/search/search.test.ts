import fc from "fast-check";
import { expect, test } from "vitest";
import { normal, random } from "../../core/random.ts";
import { auroc, bootstrap, falseDiscovery, permutationP, signFlipP } from "./auroc.ts";
import { conceptUnits, type groups } from "./concept.ts";
import { afterShared, type Peaks } from "./peaks.ts";
import { tellApart } from "./tell-apart.ts";

function peaks(rows: number[][]): Peaks {
  const units = rows[0]!.length;
  return {
    texts: rows.length,
    units,
    high: Float32Array.from(rows.flat()),
    low: undefined,
    place: unit => ({ layer: Math.floor(unit / 100), index: unit % 100 }),
  };
}

test("AUROC is the share of pairs in order, counted or ranked, and turns about when the groups change places", () => {
  expect(auroc([3, 4], [1, 2])).toBe(1);
  expect(auroc([1, 1], [1, 1])).toBe(0.5);
  const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(values, values, (on, off) => {
      let pairs = 0;
      for (const a of on) for (const b of off) pairs += a > b ? 1 : a === b ? 0.5 : 0;
      expect(auroc(on, off)).toBeCloseTo(pairs / (on.length * off.length), 10);
      expect(auroc(on, off) + auroc(off, on)).toBeCloseTo(1, 10);
    }),
    { numRuns: 60 },
  );
});

test("the bootstrap interval holds the true AUROC about as often as it says", () => {
  let inside = 0;
  for (let seed = 0; seed < 60; seed++) {
    const next = normal(random(seed));
    const on = Array.from({ length: 30 }, () => next() + 1);
    const off = Array.from({ length: 30 }, () => next());
    const [low, high] = bootstrap(on, off, { rounds: 300, seed });
    // Φ(1/√2)
    if (low <= 0.7602 && high >= 0.7602) inside++;
  }
  expect(inside).toBeGreaterThanOrEqual(51);
});

test("p-values of groups that do not differ are spread evenly; adjusted ones agree with a worked example", () => {
  const p = Array.from({ length: 80 }, (_, seed) => {
    const next = normal(random(seed + 100));
    const draw = () => Array.from({ length: 8 }, () => next());
    return permutationP(draw(), draw(), { rounds: 200, seed });
  });
  expect(p.filter(v => v < 0.1).length / 80).toBeLessThan(0.2);
  expect(falseDiscovery([0.01, 0.04, 0.03, 0.5])).toEqual(
    [0.04, 0.16 / 3, 0.16 / 3, 0.5].map(v => expect.closeTo(v, 10)),
  );
});

test("a planted unit is found among 10,000, judged by texts that did not choose it; luck is judged away", () => {
  const next = normal(random(7));
  const rows = Array.from({ length: 24 }, () => Array.from({ length: 10_000 }, () => Math.abs(next())));
  for (let t = 0; t < 12; t++) rows[t]![4321] = 6 + rows[t]![4321]!;
  const told = tellApart(peaks(rows), 12, { candidates: 20 });
  const [first, ...rest] = told.candidates;
  expect([first!.layer, first!.index]).toEqual([43, 21]);
  expect(first!.auroc).toBe(1);
  expect(first!.q).toBeLessThan(0.06);
  // The others looked perfect to the half that chose them.
  expect(Math.min(...rest.map(c => c.chosen))).toBeGreaterThan(0.95);
  expect(told.luck).toBe(1);
  expect(rest.reduce((a, c) => a + c.auroc, 0) / rest.length).toBeLessThan(0.75);
  expect(rest.filter(c => c.q < 0.05)).toEqual([]);
});

test("of a pair, tokens before the first difference are not looked at, and one token always is", () => {
  expect(afterShared([1, 5, 6, 7], [1, 5, 8, 7, 9])).toEqual([
    [2, 4],
    [2, 5],
  ]);
  // The first token is left out everywhere; where one text begins the other, its last token stays.
  expect(afterShared([1, 2], [3, 4])[0]).toEqual([1, 2]);
  expect(afterShared([1, 2, 3], [1, 2, 3, 4])).toEqual([
    [2, 3],
    [2, 4],
  ]);
});

test("pairs of lines stay in one half", () => {
  const rows = Array.from({ length: 20 }, (_, t) => [t < 10 ? t + 0.5 : t - 10]);
  const told = tellApart(peaks(rows), 10, { candidates: 1, paired: true });
  expect(told.candidates[0]!.pairs).toEqual([5, 5]);
});

test("of pairs, the sign flips' p-value is Wilcoxon's", () => {
  // All of five won: one of 32 flips does as well.
  expect(signFlipP([2, 3, 4, 5, 6], [1, 1, 1, 1, 1], { rounds: 20_000 })).toBeCloseTo(1 / 32, 2);
  // Differences 3, −1, 2, ranks 3, 1, 2, of which 5 are won: so much have 3 + 2 and 3 + 2 + 1 of the eight flips.
  expect(signFlipP([5, 1, 4], [2, 2, 2], { rounds: 20_000 })).toBeCloseTo(2 / 8, 2);
  expect(signFlipP([1, 1], [1, 1])).toBe(1);
});

test("what moves a unit in every pair a little is found where the texts move it more", () => {
  const next = random(5);
  // Unit 7 of 60 gains 3 in the one form, on top of 0 to 10 that the text does to it in both.
  const about = Array.from({ length: 40 }, () => Array.from({ length: 60 }, () => 10 * next()));
  const on = about.map(row => row.map((v, u) => v + (u === 7 ? 3 : 0)));
  const off = about.map(row => row.map(v => v + 0.1 * next()));
  const found = (paired: boolean) =>
    tellApart(peaks([...on, ...off]), 40, { paired }).candidates.filter(c => c.q < 0.05);
  expect(found(true).map(c => c.index)).toEqual([7]);
  expect(found(false)).toEqual([]);
});

test("a unit for a language is none for the thing that is spoken of", () => {
  const of: (typeof groups)[number][] = [];
  const rows: number[][] = [];
  const next = random(3);
  const add = (group: (typeof groups)[number], value: number) => {
    for (let i = 0; i < 6; i++) {
      of.push(group);
      rows.push([value + 0.1 * next()]);
    }
  };
  for (const group of ["mention", "language", "otherLanguage"] as const) add(group, 1);
  for (const group of ["words", "other"] as const) add(group, 0);
  const [unit] = conceptUnits(peaks(rows), of, 1);
  expect(unit!.auroc.language).toBeLessThan(0.85);
  expect(unit!.means).toBe("phrase");
});

test("a unit for the thing, one for the phrase and one for a token are told apart", () => {
  const of: (typeof groups)[number][] = [];
  const rows: number[][] = [];
  const next = random(3);
  const add = (group: (typeof groups)[number], concept: number, phrase: number, token: number) => {
    for (let i = 0; i < 5; i++) {
      of.push(group);
      rows.push([concept, phrase, token, 0.5].map(v => v + 0.1 * next()));
    }
  };
  add("mention", 1, 1, 1);
  add("paraphrase", 1, 0, 0);
  add("language", 1, 0, 0);
  add("words", 0, 0, 1);
  add("other", 0, 0, 0);
  const found = conceptUnits(peaks(rows), of, 10);
  expect(found.map(u => [u.index, u.means])).toEqual([
    [0, "concept"],
    [1, "phrase"],
    [2, "token"],
  ]);
});
