import { expect, test } from "vitest";
import { memoryMatrix } from "../../../test/dictionary-world.ts";
import { twoHop } from "../../../test/hand-built/models.ts";
import { dictionaryBasis } from "../../features/dictionary/basis.ts";
import type { Dictionary, DictionaryLayer } from "../../formats/dictionaries/dictionary.ts";
import { dictionaryFeatures } from "../../interventions/dictionary-features.ts";
import { holdFeatures } from "../../interventions/hold-features.ts";
import { runVariants } from "../../interventions/variants.ts";
import type { Model } from "../../models/model.ts";
import { recordRun } from "../../models/record.ts";
import { trace } from "../trace.ts";
import { featureGaps, gapShares, question } from "./gap.ts";
import { verifyTrace } from "./verify-trace.ts";

/** Features that are the model's own neurons, so that what is true of the one must be true of the other. */
async function neuronsAsFeatures(model: Model, scale = 1, skip = 0): Promise<Dictionary> {
  const { dModel, dMlp } = model.config;
  const layers: DictionaryLayer[] = [];
  for (let layer = 0; layer < model.layers; layer++) {
    const up = (await model.reader.read("up", layer)).data;
    const down = (await model.reader.read("down", layer)).data;
    const bias = await Promise.all(Array.from({ length: dMlp }, (_, i) => model.reader.biasAt("up", layer, i)));
    layers.push({
      layer,
      features: dMlp,
      dModel,
      outputs: 1,
      encoder: memoryMatrix(dMlp, dModel, (unit, i) => up[unit * dModel + i]!),
      decoder: memoryMatrix(dMlp, dModel, (unit, i) => scale * down[i * dMlp + unit]!),
      encoderBias: Float32Array.from(bias),
      decoderBias: new Float32Array(dModel),
      activation: { kind: "relu" },
      ...(skip === 0 ? {} : { skip: Float32Array.from({ length: dModel * dModel }, (_, i) => skip * Math.sin(3 * i)) }),
    });
  }
  return {
    name: "neurons as features",
    kind: "transcoders",
    format: "none",
    reads: "mlp.in",
    writes: "mlp.out",
    dModel,
    notes: [],
    layers,
  };
}

async function world(scale?: number) {
  const known = twoHop();
  const recording = await recordRun(known.model, known.ids, { readTaps: ["mlp.in"] });
  const contrast = await recordRun(known.model, known.contrast, { readTaps: ["mlp.in"] });
  const q = await question(recording, contrast, known.answer, known.contrastAnswer);
  const basis = dictionaryBasis(await neuronsAsFeatures(known.model, scale), known.model);
  return { known, q, live: dictionaryFeatures(basis, known.model, 1) };
}

// City and state on the prompt, and those that spoke on the contrast.
const circuit = [
  { layer: 0, position: 2, index: 1 },
  { layer: 0, position: 2, index: 2 },
  { layer: 1, position: 3, index: 1 },
  { layer: 1, position: 3, index: 2 },
];

test("with nothing charted a skip connection still passes on what changed below it", async () => {
  const known = twoHop();
  const recording = await recordRun(known.model, known.ids, { readTaps: ["mlp.in"] });
  const contrast = await recordRun(known.model, known.contrast, { readTaps: ["mlp.in"] });
  const { dModel } = known.model.config;
  const last = known.model.layers - 1;
  const city = 2;
  // The last layer's alone, so that its part of the final stream can be told by hand.
  const run = async (skip: number) => {
    const whole = await neuronsAsFeatures(known.model, 1, skip);
    const layers = whole.layers.map(({ skip: own, ...layer }, i) =>
      i === last && own ? { ...layer, skip: own } : layer,
    );
    const live = dictionaryFeatures(dictionaryBasis({ ...whole, layers }, known.model), known.model, 1);
    const variant = await holdFeatures(recording, contrast, live, { features: [] }, "uncharted");
    let passed: number[] = [];
    const watched: typeof variant = {
      ...variant,
      async mid(layer, x) {
        if (layer === last)
          passed = [...((await live.bypass(contrast, layer, x.slice(), false)) ?? [])].slice(
            city * dModel,
            (city + 1) * dModel,
          );
        await variant.mid?.(layer, x);
      },
    };
    const [final] = await runVariants(recording, [watched], { positions: [city] });
    return { final: final!, passed };
  };
  const without = await run(0);
  const { final, passed } = await run(0.5);
  expect(Math.hypot(...passed)).toBeGreaterThan(1e-3);
  passed.forEach((v, i) => {
    expect(final[i]! - without.final[i]!).toBeCloseTo(v, 4);
  });
});

test("features that are the neurons suffice and are needed exactly as the neurons are", async () => {
  const { known, q, live } = await world();
  const { dMlp } = known.model.config;
  const sets = [circuit, circuit.slice(0, 3), circuit.slice(1), []];
  const byFeature = await featureGaps(
    q,
    live,
    sets.map(features => ({ features })),
  );
  const masks = sets.map(set => {
    const charted = q.prompt.read.map(read => new Uint8Array(read.hidden!.length));
    for (const u of set) charted[u.layer]![u.position * dMlp + u.index] = 1;
    return charted;
  });
  const byNeuron = await gapShares(q, masks);
  byNeuron.forEach((shares, i) => {
    expect(byFeature[i]!.sufficiency).toBeCloseTo(shares.sufficiency, 4);
    expect(byFeature[i]!.necessity).toBeCloseTo(shares.necessity, 4);
  });
  expect(byFeature[0]!.sufficiency).toBeGreaterThan(0.9);
  expect(byFeature[3]!.sufficiency).toBeLessThan(0.1);
  await known.model.release();
});

test("what the dictionary does not explain is not charted: features that write half bring about less", async () => {
  const { known, q, live } = await world(0.5);
  const [half] = await featureGaps(q, live, [{ features: circuit }]);
  expect(half!.sufficiency).toBeLessThan(0.7);
  // Whole MLPs at the same places bring it about again: nothing of them is left out.
  const coarse = circuit.map(({ layer, position }) => ({ layer, position }));
  const [whole] = await featureGaps(q, live, [{ features: [], coarse }]);
  expect(whole!.sufficiency).toBeGreaterThan(0.9);
  expect(whole!.necessity).toBeGreaterThan(0.9);
  await known.model.release();
});

test("prompts of another length are refused", async () => {
  const { known, q, live } = await world();
  const short = await recordRun(known.model, known.contrast.slice(1));
  await expect(holdFeatures(q.prompt, short, live, { features: [] }, "charted")).rejects.toThrow(/4 tokens long/);
  await known.model.release();
});

test("a chart of features holds those that only the contrast has, and suffices by them", async () => {
  const known = twoHop();
  const basis = dictionaryBasis(await neuronsAsFeatures(known.model), known.model);
  const request = { ids: known.ids, versus: known.contrast };
  const traced = await trace({ model: known.model, tokenizer: undefined }, request, { basis, precision: "float32" });
  const silent = traced.document.silent!.map(unit => unit.id);
  // The first layer's city is read by whole blocks.
  expect(silent).not.toContain("unit.0.2.2");
  expect(traced.document.nodes.map(node => node.id)).toContain("mlp.0.2");
  expect(silent).toContain("unit.1.3.2");
  const sufficiency = async (document: typeof traced.document) =>
    (await verifyTrace({ ...traced, document })).verify!.sufficiency!;
  expect(await sufficiency(traced.document)).toBeGreaterThan(0.9);
  // Without them the contrast's state still speaks.
  const { silent: _, ...without } = traced.document;
  expect(await sufficiency(without)).toBeLessThan(0.8);
  await known.model.release();
});
