import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { documents } from "../training/corpus/mixture.ts";
import { packageRoot } from "./package-root.ts";
import { corpusFor, sampleCorpus, sampleDocuments } from "./sample-corpus.ts";

const first = async (texts: AsyncIterable<string> | Iterable<string>, n: number) => {
  const out: string[] = [];
  for await (const text of texts) if (out.push(text) === n) break;
  return out;
};

test("the built-in sample is small to ship and large enough to read: under 300 kB, over 0.8 million characters, no page twice", async () => {
  expect(statSync(join(packageRoot(), "data/sample-corpus.br")).size).toBeLessThan(300_000);
  const texts = (await sampleDocuments()).map(d => d.text);
  expect(texts.reduce((sum, t) => sum + t.length, 0)).toBeGreaterThan(800_000);
  expect(new Set(texts).size).toBe(texts.length);
});

test("any tenth of the sample holds every kind of text, so that a short run is no run over whales alone", async () => {
  const pages = await sampleDocuments();
  const tenth = Math.floor(pages.length / 10);
  for (let start = 0; start + tenth <= pages.length; start += tenth)
    expect(new Set(pages.slice(start, start + tenth).map(p => p.kind)).size, `from page ${start}`).toBe(5);
});

test("the specimen reads what it was trained on, every other model the sample, and named text wins over both", async () => {
  const own = await corpusFor([], { source: "specimen" }, 3);
  const generated = documents(3);
  expect(await first(own.texts(), 5)).toEqual(Array.from({ length: 5 }, () => generated.next().value.text));
  const general = await corpusFor([], { source: "disk" });
  expect(general.licence).toMatch(/public domain/);
  expect(await first(general.texts(), 2)).toEqual(await first((await sampleCorpus()).texts(), 2));
  const named = await corpusFor([join(packageRoot(), "LICENSE")], { source: "specimen" });
  expect((await first(named.texts(), 1))[0]).toMatch(/Apache License/);
});

test("a corpus can be read twice, and its mark tells it from another", async () => {
  const a = await corpusFor([], { source: "hub" });
  expect(await first(a.texts(), 3)).toEqual(await first(a.texts(), 3));
  const marks = [a, await corpusFor([], { source: "specimen" }, 0), await corpusFor([], { source: "specimen" }, 1)];
  expect(new Set(marks.map(c => c.mark)).size).toBe(3);
});
