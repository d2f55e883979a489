import { expect, test } from "vitest";
import { normal, random } from "../../core/random.ts";
import { type End, StrongestTokens } from "./strongest-tokens.ts";
import { sameWord, showable } from "./token-text.ts";
import { type Evidence, unitLabel } from "./unit-label.ts";

const end = (confidence: number, ...texts: string[]): End => ({
  tokens: texts.map((text, i) => ({ id: i, text, z: 6 - i })),
  confidence,
});

const evidence = (more: Partial<Evidence>): Evidence => ({
  promotes: end(0.9, " Austin", " Dallas"),
  suppresses: end(0.1, "xyz"),
  own: { text: " is", wholeWord: true },
  shareOwnEmbedding: 0,
  directLogitShare: 0,
  ...more,
});

test("a unit that writes straight to the logits is called by what it says", () => {
  expect(unitLabel(evidence({ directLogitShare: 0.8 }))).toEqual({
    text: 'says "Austin"',
    source: "says",
    confidence: 0.8 * 0.9,
  });
});

test("the same tokens are no label when its effect goes through other units", () => {
  expect(unitLabel(evidence({ directLogitShare: 0.3 }))).toBeUndefined();
});

test("promoted tokens that neither stand out nor agree are no label", () => {
  expect(unitLabel(evidence({ directLogitShare: 1, promotes: end(0.2, "qua", "▲", "Jenkins") }))).toBeUndefined();
});

test("a unit that mostly suppresses says against what", () => {
  const suppresses: End = { tokens: [{ id: 1, text: " Miami", z: 12 }], confidence: 1 };
  expect(unitLabel(evidence({ directLogitShare: 0.9, suppresses }))?.text).toBe('against "Miami"');
});

test("fed by its own embedding, and that token ranks far above the vocabulary: the word", () => {
  const more = { shareOwnEmbedding: 0.9, ownZ: 5, own: { text: " Dallas", wholeWord: true } };
  expect(unitLabel(evidence(more))).toEqual({ text: 'the word "Dallas"', source: "reads", confidence: 0.9 });
  expect(unitLabel(evidence({ ...more, own: { text: "las", wholeWord: false } }))?.text).toBe('the piece "las"');
  expect(unitLabel(evidence({ ...more, own: { text: '"', wholeWord: false } }))?.text).toBe('the mark """');
});

test("fed by whatever stands there is no label: its own token is one of thousands it reads", () => {
  expect(unitLabel(evidence({ shareOwnEmbedding: 0.9, ownZ: 1.5 }))).toBeUndefined();
  expect(unitLabel(evidence({ shareOwnEmbedding: 0.3, ownZ: 6 }))).toBeUndefined();
});

test("noise over a vocabulary is nearly never believed, a token that stands out or spellings that agree are", () => {
  const words = ["Austin", " Austin", "AUSTIN", " austin"];
  const text = (id: number) => (id < words.length ? words[id]! : `w${String.fromCodePoint(0x4e00 + (id % 20_000))}`);
  let believed = 0;
  for (let seed = 0; seed < 40; seed++) {
    const next = normal(random(seed));
    const noise = Float32Array.from({ length: 20_000 }, () => next());
    const confidence = (scores: Float32Array) => {
      const s = new StrongestTokens(text);
      s.add(0, scores.subarray(0, 7_000));
      s.add(7_000, scores.subarray(7_000));
      return s.end("high", 5).confidence;
    };
    if (confidence(noise) >= 0.35) believed++;
    const one = noise.slice();
    one[0] = 8;
    expect(confidence(one)).toBeGreaterThan(0.8);
    const spellings = noise.slice();
    spellings.set([5, 4.9, 4.8, 4.7]);
    expect(confidence(spellings)).toBeGreaterThan(0.5);
  }
  expect(believed).toBeLessThanOrEqual(2);
});

test("both ends, the mean and spellings come out of pieces as out of the whole", () => {
  const s = new StrongestTokens(id => ["Big", " big", "cold", " hot", "<|im_end|>", "<0xE4>"][id]!);
  s.add(0, Float32Array.of(9, 8, -7));
  s.add(3, Float32Array.of(2, 50, -50));
  expect(s.end("high", 3).tokens.map(t => t.text)).toEqual(["Big", " hot", "cold"]);
  expect(s.end("low", 1).tokens[0]!.text).toBe("cold");
  expect(s.mean).toBeCloseTo(2);
});

test("control tokens, bytes, whitespace and broken characters are not shown", () => {
  for (const text of ["<|im_end|>", "<0xE4>", "<unused12>", "<eos>", " ", "\n\n", "�", "[multimodal]", "<|image|>"])
    expect(showable(text), text).toBe(false);
  for (const text of [" Dallas", ",", "ã", "=>", "的", "<", "</p>", "[0]"]) expect(showable(text), text).toBe(true);
});

test("spellings and forms of a word are the same, words that only begin alike are not", () => {
  for (const [a, b] of [
    ["Dallas", " dallas"],
    ["big", " bigger"],
    [" capital", "Capitals"],
    ["opposite", "opposing"],
  ])
    expect(sameWord(a!, b!), `${a} ${b}`).toBe(true);
  for (const [a, b] of [
    ["cat", "category"],
    ["the", "thermal"],
    ["in", "inn"],
    ["12", "123"],
    ["the", "then"],
  ])
    expect(sameWord(a!, b!), `${a} ${b}`).toBe(false);
});
