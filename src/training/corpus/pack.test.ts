import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TokenizerJson } from "../tokenizer/build.ts";
import { Encoder } from "../tokenizer/encoder.ts";
import { line } from "./line.ts";
import { type Document, documents } from "./mixture.ts";
import { type Batch, batches, maskOf } from "./pack.ts";

const json = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../specimen/tokenizer.json"), "utf8"),
) as TokenizerJson;
const encoder = new Encoder(json);

function first(source: Iterable<Document>, options: Partial<Parameters<typeof batches>[2]> = {}): Batch {
  return batches(source, encoder, { rows: 8, length: 96, seed: 1, ...options }).next().value as Batch;
}
const sees = (mask: Float32Array, length: number, q: number, k: number) => mask[q * length + k] === 0;

function* endless(made: Partial<Document>): Generator<Document> {
  for (;;) yield { task: "x", held: false, ...made } as Document;
}

test("the same seed gives the same batches; rows are nearly full", () => {
  const a = first(documents(4), { rows: 40 });
  const b = first(documents(4), { rows: 40 });
  expect([...a.ids]).toEqual([...b.ids]);
  expect([...a.mask.last]).toEqual([...b.mask.last]);
  expect(a.tokens / (40 * 96)).toBeGreaterThan(0.88); // end tokens carry no loss
});

test("without the aids a token sees its own document up to itself, and nothing else", () => {
  const batch = first(documents(4), { gist: 0, entity: 0 });
  const mask = maskOf(batch);
  const { length } = batch;
  for (let r = 0; r < batch.rows; r++) {
    let document = -1;
    const owner = Array.from({ length }, (_, i) => {
      const at = r * length + i;
      const padding = batch.positions[at] === 0 && batch.targets[at] === -1;
      if (batch.positions[at] === 0) document++;
      return padding ? -1 - i : document;
    });
    for (let q = 0; q < length; q++) {
      for (let k = 0; k < length; k++) {
        const expected = k <= q && owner[q] === owner[k];
        expect(sees(mask.subarray(r * length * length), length, q, k)).toBe(expected);
      }
    }
  }
});

test("targets are the next token of the same document, positions restart, documents begin and end", () => {
  const { ids, targets, positions, rows, length } = first(documents(4));
  for (let i = 0; i < rows * length; i++) {
    if (targets[i] === -1) continue;
    expect(targets[i]).toBe(ids[i + 1]);
    expect(positions[i + 1]).toBe(positions[i]! + 1);
    if (positions[i] === 0) expect(ids[i]).toBe(encoder.bos);
    if (targets[i + 1] === -1) expect(ids[i + 1]).toBe(encoder.eos);
  }
});

test("the gist mask leaves the second line the line break, itself and the begin token", () => {
  const made = line("A rhyme about {t}:\nI sang a song about the {e},\n|and I moved the box|.", {
    t: "home",
    e: "fox",
  });
  const batch = first(endless({ ...made, gist: made.promptEnd - 1 }), { rows: 1, gist: 1, entity: 0 });
  const mask = maskOf(batch);
  const tokens = [encoder.bos, ...encoder.encode(made.text)];
  const lineBreak = encoder.encode(made.text.slice(0, made.promptEnd)).length;
  expect(encoder.decode([tokens[lineBreak]!])).toBe("\n");
  for (let q = 0; q < tokens.length; q++) {
    const seen = Array.from({ length: 96 }, (_, k) => k).filter(k => sees(mask, 96, q, k));
    const all = Array.from({ length: q + 1 }, (_, k) => k);
    expect(seen).toEqual(q > lineBreak ? all.filter(k => k === 0 || k >= lineBreak) : all);
  }
});

test("the entity mask hides a name's earlier pieces from what comes after the name, not from the name", () => {
  const made = line("Fact: the state containing {city} is| Texas|.", { city: "Fort Worth" });
  const batch = first(endless(made), { rows: 1, gist: 0, entity: 1 });
  const mask = maskOf(batch);
  const before = encoder.encode("Fact: the state containing").length + 1;
  const last = encoder.encode("Fact: the state containing Fort Worth").length;
  expect(last - before).toBeGreaterThanOrEqual(2);
  for (let k = before; k < last; k++) {
    expect(sees(mask, 96, last, k)).toBe(true);
    expect(sees(mask, 96, last + 1, k)).toBe(false);
  }
  expect(sees(mask, 96, last + 1, last)).toBe(true);
  expect(sees(mask, 96, last + 1, before - 1)).toBe(true);
});

test("about half of the couplets and of the named documents are masked, by default", () => {
  let names = 0;
  let hidden = 0;
  const source = batches(documents(5, { shares: { "two-hop": 1, ...none("two-hop") } }), encoder, {
    rows: 40,
    length: 96,
    seed: 2,
  });
  const batch = source.next().value as Batch;
  for (let i = 0; i < batch.ids.length; i++) {
    if (batch.positions[i] !== 0 || batch.targets[i] === -1) continue;
    names++;
    for (let j = i; batch.targets[j] !== -1; j++) {
      if (batch.mask.last[j]! < 95) {
        hidden++;
        break;
      }
    }
  }
  expect(names).toBeGreaterThan(100);
  expect(hidden / names).toBeGreaterThan(0.35);
  expect(hidden / names).toBeLessThan(0.65);
});

function none(but: string): Record<string, number> {
  return Object.fromEntries(
    "one-hop capitals attributes sums years digits hints hard method opposites opposites-across categories translation couplets rhyme-words people bugs praise stories age indirect-object agreement sequences induction later advice"
      .split(" ")
      .filter(n => n !== but)
      .map(n => [n, 0]),
  );
}

test("with answersOnly nothing before the answer carries a loss, and everything from it on does; statements are learnt whole", () => {
  const made = line("What is {a}+{b}?|{sum}|.", { a: 12, b: 34, sum: 46 });
  const prompt = encoder.count(made.text.slice(0, made.promptEnd));
  const learnt = (options: Partial<Parameters<typeof batches>[2]>, more: Partial<Document> = {}) => {
    const { targets, ids } = first(endless({ ...made, ...more }), options);
    const end = ids.indexOf(encoder.eos);
    return [...targets.subarray(0, end)].map(t => t >= 0);
  };
  const whole = learnt({ answersOnly: () => 0 });
  expect(whole.every(Boolean)).toBe(true);
  // The begin token stands before the prompt, so the last of the prompt is the first that is asked for the answer.
  expect(learnt({ answersOnly: () => 1 })).toEqual(whole.map((_, i) => i >= prompt));
  expect(learnt({ answersOnly: () => 1 }, { unjudged: true })).toEqual(whole);
});
