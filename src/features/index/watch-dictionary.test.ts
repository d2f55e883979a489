import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { madeDictionary } from "../../../test/dictionary-world.ts";
import { folderModel, goldenFolder, tinyModel } from "../../../test/golden/tiny.ts";
import { cases, golden } from "../../../test/golden-graph.ts";
import { random } from "../../core/random.ts";
import { recordRun } from "../../models/record.ts";
import { openDictionary } from "../../store/dictionaries.ts";
import { dictionaryBasis } from "../dictionary/basis.ts";
import { Indexer } from "./indexer.ts";
import { recordOf } from "./record.ts";
import { watchDictionary } from "./watch-dictionary.ts";

async function opened(name: (typeof cases)[number]) {
  const folder = join(goldenFolder, "circuit-tracer", name);
  const model = await folderModel(join(folder, "model"), name);
  const { dictionary, close } = await openDictionary(join(folder, "dict"));
  return { model, dictionary, close, watched: watchDictionary(dictionary, model) };
}

describe.each(cases)("%s", name => {
  test("features watched in a batch of windows are those that circuit-tracer finds in the prompt alone", async () => {
    const { model, watched, close } = await opened(name);
    const g = golden(name);
    const other = g.token_ids.map(id => (id + 7) % model.config.vocabulary);
    const seen = new Map<string, number>();
    await watched.run([other, g.token_ids], (at, values) => {
      const { layer, units } = watched.layers[at]!;
      const start = g.token_ids.length * units;
      for (let t = 1; t < g.token_ids.length; t++)
        for (let u = 0; u < units; u++)
          if (values[start + t * units + u] !== 0) seen.set(`${layer} ${t} ${u}`, values[start + t * units + u]!);
    });
    const theirs = g.active_features.filter(([, position]) => position > 0);
    expect(theirs.length).toBeGreaterThan(20);
    expect([...seen.keys()].sort()).toEqual(theirs.map(([l, p, f]) => `${l} ${p} ${f}`).sort());
    for (const [l, p, f, value] of theirs) {
      const ours = seen.get(`${l} ${p} ${f}`)!;
      expect(Math.abs(ours - value), `${l} ${p} ${f}`).toBeLessThanOrEqual(1e-5 + 1e-4 * Math.abs(value));
    }
    await model.release();
    await close();
  });

  test("what a unit promotes is asked of the direction that its trace writes, norms' scales left out", async () => {
    const { model, dictionary, watched, close } = await opened(name);
    const g = golden(name);
    const basis = dictionaryBasis(dictionary, model);
    const recording = await recordRun(model, g.token_ids, { readTaps: basis.readTaps });
    const prompt = await basis.on(recording);
    const { dModel } = model.config;
    for (const at of watched.layers.keys()) {
      const decoders = await watched.decoders(at);
      const units = Array.from({ length: prompt.count }, (_, u) => u).filter(u => prompt.place(u).layer === at);
      expect(units.length).toBeGreaterThan(0);
      for (const unit of units.slice(0, 5)) {
        const { index, position } = prompt.place(unit);
        const written = new Float64Array(dModel);
        for (let layer = at; layer < model.layers; layer++) {
          const scale = dictionary.writes === "mlp.raw" && model.config.family.postNorms;
          const by = scale ? recording.postScale[layer]![position]! : 1;
          (await prompt.decoderAt(unit, layer)).forEach((v, i) => {
            written[i]! += v / by / prompt.activation(unit);
          });
        }
        for (let i = 0; i < dModel; i++) expect(decoders[index * dModel + i]!).toBeCloseTo(written[i]!, 4);
      }
    }
    await model.release();
    await close();
  });
});

test("a dictionary that writes before a model's output norm is read through the norm's gain", async () => {
  const model = await tinyModel("gemma2");
  const { dModel } = model.config;
  const size = { dModel, layers: model.layers, features: 20, skip: false, turned: false, activation: "relu" } as const;
  const make = (writes: "mlp.raw" | "mlp.out") =>
    watchDictionary(madeDictionary({ ...size, cross: true, reads: "mlp.in", writes }, random(3)), model);
  const last = model.layers - 1;
  const [raw, out] = [await make("mlp.raw").decoders(last), await make("mlp.out").decoders(last)];
  const { data: gain } = await model.reader.read("postNorm2", last);
  for (let i = 0; i < raw.length; i++) expect(raw[i]!).toBeCloseTo(out[i]! * gain[i % dModel]!, 5);
  await model.release();
});

test("an index over dictionary features keeps each feature's strongest windows, never a negative one, none of a dead one", async () => {
  const { model, watched, close } = await opened("llama-skip");
  const next = random(5);
  const windows = Array.from({ length: 40 }, () =>
    Array.from({ length: 10 }, () => Math.floor(next() * model.config.vocabulary)),
  );
  const indexer = new Indexer(watched, { length: 10, seed: 0, batch: 4 });
  await indexer.add(windows.slice(0, 32));
  await indexer.add(windows.slice(32));
  const layer = 1;
  const { units } = watched.layers[layer]!;
  const best = new Float64Array(units);
  const fires = new Float64Array(units);
  for (const ids of windows)
    await watched.run([ids], (at, values) => {
      if (at !== layer) return;
      for (let t = 1; t < ids.length; t++)
        for (let u = 0; u < units; u++) {
          best[u] = Math.max(best[u]!, values[t * units + u]!);
          if (values[t * units + u]! > 0) fires[u]!++;
        }
    });
  let silent = 0;
  for (let u = 0; u < units; u++) {
    const record = recordOf(indexer.collectors[layer]!, layer, u, { tokens: indexer.tokens, length: () => 10 });
    expect(record.low).toEqual([]);
    expect(record.max).toBeCloseTo(best[u]!, 4);
    expect(record.density * indexer.tokens).toBeCloseTo(fires[u]!, 6);
    expect(record.top[0]?.value ?? 0).toBeCloseTo(best[u]!, 4);
    expect(record.histogram.counts.reduce((a, b) => a + b)).toBe(fires[u]!);
    if (best[u] === 0) {
      silent++;
      expect(record).toMatchObject({ top: [], quantiles: [], density: 0 });
    }
  }
  expect(fires.filter(n => n > 0).length).toBeGreaterThan(units / 4);
  expect(silent).toBeLessThan(units);
  await model.release();
  await close();
});

test("a dictionary of another width is refused before anything runs", async () => {
  const { dictionary, model, close } = await opened("llama-skip");
  const other = await folderModel(join(goldenFolder, "circuit-tracer/gemma2-jumprelu/model"), "gemma2");
  const wider = madeDictionary(
    {
      dModel: other.config.dModel + 8,
      layers: 1,
      features: 4,
      cross: false,
      skip: false,
      turned: false,
      activation: "relu",
      reads: "mlp.in",
      writes: "mlp.out",
    },
    random(1),
  );
  expect(() => watchDictionary(wider, other)).toThrow(/features are \d+ wide, but the residual stream here is \d+/);
  expect(() => watchDictionary(dictionary, model)).not.toThrow();
  await other.release();
  await model.release();
  await close();
});
