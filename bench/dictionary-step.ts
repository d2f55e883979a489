/**
 * Question: what share of this machine's matrix-product peak does a learning step of a dictionary reach?
 *
 * Times steps on made-up activations in turns with the peak (`lucida bench` measures it the same way), the best of each,
 * so that a neighbour's work counts little. Products are counted as if all were dense.
 *
 *   npx esbuild bench/dictionary-step.ts --bundle --platform=node --format=esm --packages=external \
 *     --outfile=node_modules/.cache/dictionary-step.mjs
 *   node node_modules/.cache/dictionary-step.mjs [--seconds 20]
 */
import { parseArgs } from "node:util";
import { matmulPeak } from "../src/cli/bench/peak.ts";
import { random } from "../src/core/random.ts";
import { onnxDevice } from "../src/devices/onnx/device.ts";
import { onnxRuntime } from "../src/store/open-model.ts";
import { DictionaryTrainer } from "../src/training/dictionary/dictionary-trainer.ts";
import { sideOf } from "../src/training/dictionary/normalisation.ts";
import { operationsOf, type Plan } from "../src/training/dictionary/plan.ts";
import { dictionarySettings } from "../src/training/dictionary/settings.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "20" } } });

/** The specimen's shape (in two batch sizes), and SmolLM2-135M's. */
const shapes = [
  { name: "specimen, 2,048 tokens", dModel: 128, features: 1024, rows: 2048, layers: 2 },
  { name: "specimen, 1,024 tokens", dModel: 128, features: 1024, rows: 1024, layers: 2 },
  { name: "SmolLM2-135M, 2,048 tokens", dModel: 576, features: 4608, rows: 2048, layers: 1 },
];

const device = onnxDevice(await onnxRuntime());
const next = random(1);
let peak = 0;
for (const { name, dModel, features, rows, layers: count } of shapes) {
  const layers = Array.from({ length: count }, (_, i) => i);
  const plan: Plan = {
    kind: "transcoders",
    layers,
    dModel,
    features,
    activation: { kind: "topk", k: 32, rectified: false },
    skip: true,
    reads: "mlp.in",
    writes: "mlp.out",
  };
  const side = () => layers.map(() => Float32Array.from({ length: rows * dModel }, () => next() - 0.5));
  const batch = { count: rows, read: side(), write: side() };
  const sides = (all: readonly Float32Array<ArrayBuffer>[]) => all.map(one => sideOf(one, dModel));
  const settings = dictionarySettings(plan, { seed: 1, rows, steps: 1000 });
  const normalisation = { read: sides(batch.read), write: sides(batch.write) };
  const trainer = await DictionaryTrainer.create(device, plan, settings, normalisation);
  let best = Infinity;
  const end = performance.now() + 1000 * Number(values.seconds);
  for (let step = 0; step < 3 || performance.now() < end; step++) {
    const began = performance.now();
    await trainer.learn(batch);
    best = Math.min(best, performance.now() - began);
    if (step % 3 === 0) peak = Math.max(peak, await matmulPeak(device, 0.2));
  }
  await trainer.release();
  const reached = (operationsOf(plan) * rows) / best / 1e6;
  const share = `${Math.round((100 * reached) / peak)} % of ${Math.round(peak)}`;
  console.log(`${name}: ${best.toFixed(1)} ms a step, ${Math.round(reached)} GFLOP/s, ${share}`);
}
