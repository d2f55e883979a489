import { expect, test } from "vitest";
import { tinyModel } from "../../../test/golden/tiny.ts";
import { random } from "../../core/random.ts";
import { Collector, kept, sketchPlace } from "./collector.ts";
import { bins, Histograms } from "./histogram.ts";
import { Indexer, windowsTogether } from "./indexer.ts";
import { recordOf } from "./record.ts";
import { watchNeurons } from "./watched.ts";
import { windowsOf } from "./windows.ts";

const options = { length: 12, seed: 3, batch: 4 };

function corpus(count: number, seed = 1): number[][] {
  const next = random(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: 4 + Math.floor(next() * 9) }, () => Math.floor(next() * 90)),
  );
}

async function indexed(windows: number[][]) {
  const model = await tinyModel("llama");
  const indexer = new Indexer(watchNeurons(model), options);
  for (let i = 0; i < windows.length; i += 32) await indexer.add(windows.slice(i, i + 32));
  return { model, indexer };
}

test("extremes, means and counts are those of every token run alone, without padding or batches", async () => {
  const windows = corpus(70);
  const { model, indexer } = await indexed(windows);
  const layer = 1;
  const { dMlp } = model.config;
  const peaks: { value: number; window: number; at: number }[][] = Array.from({ length: dMlp }, () => []);
  const sums = new Float64Array(dMlp);
  for (const [window, ids] of windows.entries()) {
    await watchNeurons(model).run([ids], (at, values) => {
      if (at !== layer) return;
      for (let u = 0; u < dMlp; u++) {
        let best = { value: -1, window, at: 0 };
        for (let t = 1; t < ids.length; t++) {
          sums[u]! += values[t * dMlp + u]!;
          if (values[t * dMlp + u]! > best.value) best = { value: values[t * dMlp + u]!, window, at: t };
        }
        peaks[u]!.push(best);
      }
    });
  }
  const counted = { tokens: indexer.tokens, length: (w: number) => windows[w]!.length };
  expect(counted.tokens).toBe(windows.reduce((a, w) => a + w.length - 1, 0));
  for (let u = 0; u < dMlp; u += 5) {
    const record = recordOf(indexer.collectors[layer]!, layer, u, counted);
    const expected = peaks[u]!.filter(p => p.value > 0)
      .sort((a, b) => b.value - a.value)
      .slice(0, kept.top);
    expect(record.top.map(e => [e.window, e.at])).toEqual(expected.map(e => [e.window, e.at]));
    expect(record.max).toBeCloseTo(expected[0]!.value, 5);
    expect(record.mean).toBeCloseTo(sums[u]! / counted.tokens, 6);
    expect(record.histogram.counts.reduce((a, b) => a + b)).toBe(counted.tokens);
    for (const { from, to, examples } of record.quantiles)
      for (const { value, window } of examples) {
        expect(value).toBeGreaterThanOrEqual(from);
        expect(value).toBeLessThanOrEqual(to);
        expect(record.top.map(e => e.window)).not.toContain(window);
      }
    // 8 bits of the window's largest are what a chart can show.
    const { acts, scale, at, value } = record.top[0]!;
    expect(Math.abs((acts[at]! / 127) * scale - value)).toBeLessThanOrEqual(scale / 250);
  }
  await model.release();
});

test("the same text a hundred times is one example; the size does not grow with the corpus", async () => {
  const one = corpus(1)[0]!;
  const few = await indexed([one, ...corpus(20, 2)]);
  const many = await indexed([...Array.from({ length: 100 }, () => one), ...corpus(20, 2)]);
  const windows = [...Array.from({ length: 100 }, () => one), ...corpus(20, 2)];
  const counted = { tokens: many.indexer.tokens, length: (w: number) => windows[w]!.length };
  for (let u = 0; u < 20; u++) {
    const record = recordOf(many.indexer.collectors[0]!, 0, u, counted);
    for (const examples of [record.top, ...record.quantiles.map(band => band.examples)])
      expect(examples.filter(e => e.window < 100).length).toBeLessThanOrEqual(1);
  }
  expect(many.indexer.bytes).toBe(few.indexer.bytes);
  await few.model.release();
  await many.model.release();
});

test("a million tokens of 50,000 units fit: 4.3 kB a unit at windows of 64", () => {
  const units = 1000;
  const held = new Collector(units, { length: 64, signed: true, seed: 0 });
  const bytes = held.arrays().reduce((sum, a) => sum + a.byteLength, 0);
  expect((bytes / units) * 50_000).toBeLessThan(217e6);
});

test("a dictionary of a quarter of a million features runs few windows together: a batch lays out 256 MB at most", () => {
  const together = windowsTogether(16, 64, 262_144);
  expect(together).toBeGreaterThanOrEqual(1);
  expect(together * 64 * 262_144 * 4).toBeLessThanOrEqual(256 << 20);
  expect(windowsTogether(16, 64, 1536)).toBe(16);
  expect(windowsTogether(16, 1024, 1 << 24)).toBe(1);
});

test("a run that was cut between two groups and taken up from its arrays ends in the same bytes", async () => {
  const windows = corpus(96);
  const whole = await indexed(windows);
  const begun = await indexed(windows.slice(0, 32));
  const resumed = new Indexer(watchNeurons(begun.model), options);
  for (const [c, collector] of begun.indexer.collectors.entries()) {
    const from = collector.arrays();
    resumed.collectors[c]!.arrays().forEach((to, i) => {
      const a = from[i]!;
      new Uint8Array(to.buffer).set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
    });
  }
  resumed.windows = begun.indexer.windows;
  resumed.tokens = begun.indexer.tokens;
  for (let i = 32; i < 96; i += 32) await resumed.add(windows.slice(i, i + 32));
  const bytes = (indexer: Indexer) =>
    indexer.collectors.flatMap(c => c.arrays().map(a => Buffer.from(a.buffer, a.byteOffset, a.byteLength)));
  const [a, b] = [bytes(whole.indexer), bytes(resumed)];
  expect(a.length).toBe(b.length);
  for (const [i, x] of a.entries()) expect(x.equals(b[i]!)).toBe(true);
  await whole.model.release();
  await begun.model.release();
});

test("a histogram that had to widen counts as if it had known its range", () => {
  const next = random(4);
  const values = Array.from({ length: 3000 }, (_, i) => (next() - 0.3) * (i < 1000 ? 0.01 : i < 2000 ? 1 : 40));
  const grown = new Histograms(1);
  for (const v of values) grown.add(0, v);
  const known = new Histograms(1);
  known.range[0] = grown.range[0]!;
  for (const v of values) known.add(0, v);
  let apart = 0;
  for (let i = 0; i < bins; i++) apart += Math.abs(grown.counts[i]! - known.counts[i]!);
  expect(apart).toBeLessThanOrEqual(4);
  expect(grown.range[0]).toBe(32);
  expect(grown.above(0, 8)).toBe(values.filter(v => v >= 8).length);
});

test("units that peak on the same windows are near in the sketch, others are not", () => {
  const one = new Collector(3, { length: 2, signed: true, seed: 5 });
  const next = random(6);
  for (let w = 0; w < 4000; w++) {
    const a = next() ** 4;
    one.add(w, [w, w + 1], Float32Array.of(0, 0, 0, a, a + 0.05 * next(), next() ** 4), 0);
  }
  const totals = new Float64Array(kept.sketch);
  for (let w = 0; w < 4000; w++) totals[sketchPlace(w, 5).bucket]! += sketchPlace(w, 5).sign;
  const row = (u: number) =>
    Array.from({ length: kept.sketch }, (_, b) => one.sketch[b * 3 + u]! - (one.peakSum[u]! / 4000) * totals[b]!);
  const cosine = (a: number[], b: number[]) => {
    const dot = (x: number[], y: number[]) => x.reduce((s, v, i) => s + v * y[i]!, 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  expect(cosine(row(0), row(1))).toBeGreaterThan(0.95);
  expect(Math.abs(cosine(row(0), row(2)))).toBeLessThan(0.35);
});

test("windows stay inside their document, carry BOS, end at the asked number, and no text comes twice", async () => {
  const encode = (text: string) => Array.from(text, c => c.charCodeAt(0));
  const take = async (tokens: number, bos?: number) => {
    const found: (readonly number[])[] = [];
    for await (const w of windowsOf(["abcdefghijkl", "mnopq", "abcdefghijkl"], encode, { length: 8, bos, tokens }))
      found.push(w);
    return found;
  };
  const text = (w: readonly number[]) => String.fromCharCode(...w);
  expect((await take(100)).map(text)).toEqual(["abcdefgh", "ijkl", "mnopq"]);
  expect((await take(100, 33)).map(text)).toEqual(["!abcdefg", "!hijkl", "!mnopq"]);
  expect((await take(10)).map(text)).toEqual(["abcdefgh"]);
});
