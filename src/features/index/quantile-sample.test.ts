import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import { Collector } from "./collector.ts";
import { perBand, quantileEdges } from "./quantile-sample.ts";
import { recordOf } from "./record.ts";

/** A unit that has these peaks, a window of two tokens each. */
function watched(peaks: readonly number[], seed = 0) {
  const collector = new Collector(1, { length: 2, signed: false, seed });
  peaks.forEach((v, w) => {
    collector.add(w, [w, w + 1], Float32Array.of(0, v), 0);
  });
  return collector;
}
const record = (collector: Collector) => recordOf(collector, 0, 0, { tokens: 1, length: () => 2 });

/** Peaks of `count` windows: log-normal as activations are, in the order they come. */
function peaksOf(count: number, seed: number, spread = 1.5): number[] {
  const next = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next());
  return Array.from({ length: count }, () => Math.exp(spread * normal()));
}

const shapes: Record<string, number[]> = {
  "log-normal": peaksOf(5000, 1),
  "in rising order": peaksOf(5000, 2).sort((a, b) => a - b),
  "in falling order": peaksOf(5000, 3).sort((a, b) => b - a),
  even: Array.from({ length: 5000 }, (_, i) => ((i * 2654435761) % 5003) + 1),
  "over eight orders of magnitude": peaksOf(5000, 4, 2.5),
  "few, a hundred times as strong as the rest": peaksOf(5000, 5, 0.2).map((v, i) => (i % 50 === 7 ? 100 * v : v)),
};

test.each(Object.entries(shapes))(
  "bounds are the quantiles of all peaks, and each band's examples lie between them: %s",
  (_, peaks) => {
    const { quantiles } = record(watched(peaks));
    const sorted = Float32Array.from(peaks).sort();
    const rank = (v: number) => sorted.findIndex(x => x >= v) / sorted.length;
    for (const { low, high, from, to, examples } of quantiles) {
      if (low > 0) expect(Math.abs(rank(from) - low)).toBeLessThan(0.02);
      if (high < 1) expect(Math.abs(rank(to) - high)).toBeLessThan(0.02);
      for (const { value } of examples) {
        expect(rank(value)).toBeGreaterThan(low - 0.02);
        expect(rank(value)).toBeLessThan(high + 0.02);
      }
    }
    expect(quantiles[0]!.low).toBe(0);
    expect(quantiles.at(-1)!.high).toBeGreaterThanOrEqual(0.99);
  },
);

test("of windows that come in no order, every band has its examples, but for the last, whose texts are among the strongest", () => {
  for (const name of ["log-normal", "even", "over eight orders of magnitude"]) {
    const { quantiles } = record(watched(shapes[name]!));
    for (const [band, { examples }] of quantiles.slice(0, 4).entries())
      expect(examples.length).toBeGreaterThanOrEqual(band < 3 ? perBand : perBand - 1);
  }
});

test("inside a band the sample is fair: windows of each third of the corpus are as likely", () => {
  const thirds = [0, 0, 0];
  for (let seed = 0; seed < 60; seed++) {
    const { quantiles } = record(watched(peaksOf(1500, seed), seed));
    for (const { examples } of quantiles) for (const { window } of examples) thirds[Math.floor(window / 500)]!++;
  }
  const all = thirds.reduce((a, b) => a + b);
  expect(all).toBeGreaterThan(0.9 * 60 * 4 * perBand);
  for (const count of thirds) {
    expect(count / all).toBeGreaterThan(0.27);
    expect(count / all).toBeLessThan(0.4);
  }
});

test("an early strong burst does not stay in the lower bands, nor hold the places of later windows", () => {
  const burst = Array.from({ length: 50 }, (_, i) => 100 + i);
  const { quantiles } = record(watched([...burst, ...peaksOf(4000, 9)]));
  for (const { low, examples } of quantiles.slice(0, quantileEdges.length)) {
    expect(examples.length).toBeGreaterThanOrEqual(perBand - 1);
    for (const { window } of examples) if (low < 0.95) expect(window).toBeGreaterThanOrEqual(burst.length);
  }
});

test("the same peaks give the same sample, another seed another one; a text that comes often comes once", () => {
  const peaks = shapes["log-normal"]!;
  const windows = (collector: Collector) => record(collector).quantiles.map(q => q.examples.map(e => e.window));
  expect(windows(watched(peaks))).toEqual(windows(watched(peaks)));
  expect(windows(watched(peaks))).not.toEqual(windows(watched(peaks, 1)));
  const often = new Collector(1, { length: 2, signed: false, seed: 0 });
  peaks.forEach((v, w) => {
    const text = w % 3 === 0 ? [7, 8] : [w, w + 1];
    often.add(w, text, Float32Array.of(0, v), 0);
  });
  const all = windows(often).flat();
  expect(all.filter(w => w % 3 === 0).length).toBeLessThanOrEqual(1);
});
