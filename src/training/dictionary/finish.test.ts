import { expect, test } from "vitest";
import { onnx, tinyModel } from "../../../test/golden/tiny.ts";
import { normal, random } from "../../core/random.ts";
import { training, weightsAsInputs } from "../../core/readings/train.ts";
import { float32, type Tensor, tensor } from "../../core/tensor.ts";
import { forward } from "../../models/forward.ts";
import type { Model } from "../../models/model.ts";
import { type Batch, type Sequence, sequenceBatches } from "../corpus/pack.ts";
import { calibrate } from "./calibrate.ts";
import { type DictionarySettings, DictionaryTrainer } from "./dictionary-trainer.ts";
import { aimOf, type FinishStep, finish, finishInputs, finishLoss, ofOthers, turnedBack } from "./finish.ts";
import { asOneProgram } from "./in-place.ts";
import { crossEntropy } from "./measure.ts";
import { normalisationInputs } from "./normalisation.ts";
import { type Plan, parametersOf } from "./plan.ts";
import { Replacement } from "./replacement.ts";

const length = 12;

/** Three drawn tokens, and what the model itself goes on with: text that the model foretells better than chance. */
async function texts(model: Model, seed: number, count: number): Promise<number[][]> {
  const next = random(seed);
  const rows = Array.from({ length: count }, () =>
    Array.from({ length: 3 }, () => 1 + Math.floor(next() * (model.config.vocabulary - 1))),
  );
  const { dModel, vocabulary } = model.config;
  while (rows[0]!.length < length) {
    const x = await forward(model, rows);
    const n = rows[0]!.length;
    for (const [i, row] of rows.entries()) {
      const at = (i * n + n - 1) * dModel;
      const logits = await model.logits(x.slice(at, at + dModel));
      let best = 0;
      for (let v = 1; v < vocabulary; v++) if (logits[v]! > logits[best]!) best = v;
      row.push(best);
    }
  }
  return rows;
}

function* endless(rows: readonly (readonly number[])[]): Generator<Sequence> {
  for (let i = 0; ; i++) yield { ids: rows[i % rows.length]! };
}

const settings: DictionarySettings = {
  seed: 1,
  schedule: { rate: 1e-3, steps: 1, warmUp: 1, constant: 1, last: 1 },
  clip: 1,
  rows: 64,
  silentAfter: 1e6,
  revival: { slots: 4, active: 2 },
};

/** All layers' MLPs; few features, four active, where nothing else is said. */
function planOf({ layers, config }: Model, some: Partial<Plan> = {}): Plan {
  return {
    kind: "transcoders",
    layers: Array.from({ length: layers }, (_, i) => i),
    dModel: config.dModel,
    features: 16,
    activation: { kind: "topk", k: 4, rectified: false },
    skip: true,
    reads: "mlp.in",
    writes: "mlp.out",
    ...some,
  };
}

test.each([
  ["transcoders", { kind: "topk", k: 8, rectified: false }],
  ["cross-layer", { kind: "jumprelu", k: 8, bandwidth: 0.5, weight: 0.1 }],
] as const)(
  "after the finish %s in the place of every MLP foretell text they have not seen nearly as the model does, measured layer by layer",
  async (kind, activation) => {
    const model = await tinyModel("llama");
    const weights = await asOneProgram(model);
    expect(weights).toBeDefined();
    const plan = planOf(model, { kind, features: 64, activation });
    const learnt = await texts(model, 1, 96);
    const other = await texts(model, 2, 32);
    const { normalisation } = await calibrate(model, plan, () => learnt);
    const trainer = await DictionaryTrainer.create(onnx, plan, settings, normalisation);
    const inPlace = async () => {
      const replacement = await Replacement.create(onnx, plan, trainer.folded());
      const nats = await crossEntropy(model, other, { replacement });
      await replacement.release();
      return nats;
    };
    const itself = await crossEntropy(model, other);
    const before = await inPlace();
    const steps: FinishStep[] = [];
    await finish(onnx, model.config, trainer, {
      weights: weights!,
      sequences: endless(learnt),
      steps: 60,
      rate: 1e-2,
      report: step => steps.push(step),
    });
    const after = await inPlace();
    expect(before - itself).toBeGreaterThan(0.02);
    expect(after - itself).toBeLessThan((before - itself) * 0.75);
    expect(steps).toHaveLength(60);
    expect(steps.at(-1)!.divergence).toBeLessThan(steps[0]!.divergence * 0.75);
    expect(steps.at(-1)!.unexplained).toBeLessThan(steps[0]!.unexplained);
    await trainer.release();
  },
);

test("a model that cannot be one program is told apart, and so is one whose weights are not the whole of it", async () => {
  expect(await asOneProgram(await tinyModel("llama"))).toBeDefined();
  for (const family of ["gpt2", "qwen2"]) expect(await asOneProgram(await tinyModel(family))).toBeUndefined();
});

test("an interrupted finish stops at the next step", async () => {
  const model = await tinyModel("llama");
  const plan = planOf(model, { skip: false });
  const one = normal(random(5));
  const side = () => ({ mean: Float32Array.from({ length: plan.dModel }, () => 0.1 * one()), scale: 1 });
  const normalisation = { read: plan.layers.map(side), write: plan.layers.map(side) };
  const trainer = await DictionaryTrainer.create(onnx, plan, settings, normalisation);
  const stop = new AbortController();
  let steps = 0;
  const run = finish(onnx, model.config, trainer, {
    weights: (await asOneProgram(model))!,
    sequences: endless([[1, 2, 3, 4]]),
    steps: 50,
    signal: stop.signal,
    report: () => ++steps === 2 && stop.abort(),
  });
  await expect(run).rejects.toThrow();
  expect(steps).toBe(2);
  await trainer.release();
});

test("beside a text's features stand the errors of the next text, in every other row", () => {
  const seen = { "read.0": tensor([3, 1, 2], Float32Array.of(1, 2, 3, 4, 5, 6)) };
  const { "othersRead.0": read, errors } = ofOthers(seen, 3, 0.5);
  expect(read!.shape).toEqual([3, 1, 2]);
  expect([...read!.data]).toEqual([3, 4, 5, 6, 1, 2]);
  expect([...errors!.data]).toEqual([0.5, 0, 0.5]);
});

test("another text's errors are no help: what the finish reports is further from the model than features alone", async () => {
  const model = await tinyModel("llama");
  const weights = await asOneProgram(model);
  const plan = planOf(model);
  const learnt = await texts(model, 1, 32);
  const { normalisation } = await calibrate(model, plan, () => learnt);
  const first = async (rows: readonly number[][], errors = 1) => {
    const trainer = await DictionaryTrainer.create(onnx, plan, settings, normalisation);
    const steps: FinishStep[] = [];
    const options = { weights: weights!, sequences: endless(rows), steps: 1, rate: 0, errors };
    await finish(onnx, model.config, trainer, { ...options, report: step => steps.push(step) });
    await trainer.release();
    return steps[0]!.divergence;
  };
  // Where all rows hold one text its own errors stand beside its features, and those make the model's own run.
  const same = await first([learnt[0]!]);
  const others = await first(learnt);
  expect(others).toBeGreaterThan(same * 1.2);
  expect(await first(learnt, 0)).toBeLessThan(others);
});

test("another text's errors learn too: where they are the text's own, nothing that the dictionary writes matters", async () => {
  const model = await tinyModel("llama");
  const { config } = model;
  const plan = planOf(model);
  const learnt = await texts(model, 1, 8);
  const { normalisation } = await calibrate(model, plan, () => learnt);
  const trainer = await DictionaryTrainer.create(onnx, plan, settings, normalisation);
  const batch = sequenceBatches(endless([learnt[0]!]), { rows: 2, length: 16 }).next().value as Batch;
  const given = {
    ...(await asOneProgram(model))!,
    ...normalisationInputs(normalisation, plan.layers, plan.dModel),
    ...turnedBack(trainer),
    ...finishInputs(config, batch, plan.dModel),
  };
  const nowhere = tensor([2, 16, 1], new Float32Array(32));
  const {
    aim,
    entropy: _,
    ...seen
  } = await (await onnx.compile(aimOf(config), {})).run({ ...given, replaced: nowhere });
  const parameters = parametersOf(plan, plan.layers);
  const own = new Set(parameters.map(p => p.name));
  const { pull } = finishLoss(config, plan, true, 1);
  const program = await onnx.compile(training(weightsAsInputs({ loss: pull! }, name => !own.has(name))), {});
  const weights = Object.fromEntries(parameters.map(p => [p.name, tensor(p.shape, trainer.values().get(p.name)!)]));
  const steepest = async (times: number) => {
    const errors = {
      ...ofOthers(seen as Record<string, Tensor>, 2, 1),
      errors: tensor([2, 1, 1], Float32Array.of(times, times)),
    };
    const out = await program.run({ ...given, ...errors, ...weights, aim: aim! });
    return Math.max(...parameters.map(p => Math.max(...float32(out[`gradient.${p.name}`]).map(Math.abs))));
  };
  // Given as numbers, the errors would leave the gradient as steep as it is without them.
  const without = await steepest(0);
  expect(without).toBeGreaterThan(1e-3);
  expect(await steepest(1)).toBeLessThan(without * 1e-3);
  await trainer.release();
});
