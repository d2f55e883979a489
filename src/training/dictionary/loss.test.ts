import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { normal, random } from "../../core/random.ts";
import { evaluate } from "../../core/readings/evaluate.ts";
import { training } from "../../core/readings/train.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { onnxDevice } from "../../devices/onnx/device.ts";
import { dictionaryLoss, revivalLoss } from "./loss.ts";
import { type Plan, type PlanActivation, parametersOf } from "./plan.ts";

const rows = 5;
const topk: PlanActivation = { kind: "topk", k: 2, rectified: false };
const plan = (more: Partial<Plan>): Plan => ({
  kind: "transcoders",
  layers: [0],
  dModel: 4,
  features: 6,
  activation: topk,
  skip: true,
  reads: "mlp.in",
  writes: "mlp.out",
  ...more,
});

/** Numbers for every weight and input of a plan's loss. */
function world(of: Plan): { weights: Record<string, Tensor>; given: Record<string, Tensor> } {
  const next = normal(random(5));
  const numbers = (...shape: number[]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return tensor(shape, Float64Array.from({ length: count }, next));
  };
  const weights = Object.fromEntries(parametersOf(of, of.layers).map(p => [p.name, numbers(...p.shape)]));
  for (const [name, t] of Object.entries(weights))
    if (name.startsWith("threshold"))
      for (let i = 0; i < t.data.length; i++) t.data[i] = 0.2 + Math.abs(t.data[i]!) / 4;
  const given: Record<string, Tensor> = {};
  for (const layer of of.layers)
    for (const side of ["read", "write"]) {
      given[`${side}.${layer}`] = numbers(rows, of.dModel);
      given[`${side}MinusMean.${layer}`] = numbers(of.dModel);
      given[`${side}PerScale.${layer}`] = tensor([1], Float64Array.of(0.7));
    }
  return { weights, given };
}

const plans: [string, Plan][] = [
  ["one layer, top-k and a skip connection", plan({})],
  ["one layer, only positive ones of the top-k", plan({ activation: { ...topk, rectified: true } })],
  ["three layers across", plan({ kind: "cross-layer", layers: [0, 1, 2] })],
  ["an autoencoder", plan({ kind: "autoencoders", skip: false })],
  ["thresholds", plan({ activation: { kind: "jumprelu", k: 2, bandwidth: 0.5, weight: 0 } })],
];

test.each(plans)("every weight's gradient is what finite differences measure: %s", (_, of) => {
  const { weights, given } = world(of);
  const outputs = training(dictionaryLoss(of, of.layers, rows));
  const at = () => evaluate(outputs, { ...weights, ...given });
  const gradients = at();
  for (const [name, t] of Object.entries(weights)) {
    // A threshold moves the loss by jumps: its pull is an estimate by design, and has a test of its own in core/ops.
    if (name.startsWith("threshold")) continue;
    const own = gradients[`gradient.${name}`]!.data;
    let seen = 0;
    for (let i = 0; i < t.data.length; i++) {
      const was = t.data[i]!;
      t.data[i] = was + 1e-6;
      const up = at().loss!.data[0]!;
      t.data[i] = was - 1e-6;
      const down = at().loss!.data[0]!;
      t.data[i] = was;
      expect(own[i]!, `${name}[${i}]`).toBeCloseTo((up - down) / 2e-6, 5);
      seen += Math.abs(own[i]!);
    }
    expect(seen, name).toBeGreaterThan(0);
  }
});

test("onnxruntime gives the reference's loss, gradients, errors and counts", async () => {
  const device = onnxDevice(ort as never, { threads: 1 });
  for (const [, of] of plans) {
    const { weights, given } = world(of);
    const outputs = training(dictionaryLoss(of, of.layers, rows));
    const expected = evaluate(outputs, { ...weights, ...given });
    const program = await device.compile(outputs, {}, { row: rows });
    const got = await program.run({ ...weights, ...given });
    for (const [name, { data }] of Object.entries(expected))
      data.forEach((v, i) => {
        expect(got[name]!.data[i]!, `${name}[${i}]`).toBeCloseTo(v, 4);
      });
    await program.release();
  }
});

test("the loss of a dictionary that writes nothing but the mean is the variance: 1 where scales are right", () => {
  const of = plan({ skip: false });
  const { weights, given } = world(of);
  for (const t of Object.values(weights)) t.data.fill(0);
  const write = given["write.0"]!.data;
  for (let i = 0; i < write.length; i++) write[i] = 3 + (i % 2 === 0 ? 2 : -2);
  given["writeMinusMean.0"]!.data.fill(-3);
  given["writePerScale.0"]!.data.fill(0.5);
  expect(evaluate(dictionaryLoss(of, [0], rows), { ...weights, ...given }).loss!.data[0]).toBeCloseTo(1, 12);
});

test("more active features than were asked for cost, as many fewer do, and thresholds are pulled towards them", () => {
  const of = plan({ activation: { kind: "jumprelu", k: 2, bandwidth: 1, weight: 1 } });
  const { weights, given } = world(of);
  weights["decoder.0"]!.data.fill(0);
  const at = (threshold: number) => {
    weights["threshold.0"]!.data.fill(threshold);
    const out = evaluate(training(dictionaryLoss(of, [0], rows)), { ...weights, ...given });
    const active = out["fired.0"]!.data.reduce((a, b) => a + b, 0) / rows;
    const pull = out["gradient.threshold.0"]!.data.reduce((a, b) => a + b, 0);
    return { active, pull };
  };
  const [many, few] = [at(1e-3), at(2)];
  expect(many.active).toBeGreaterThan(2);
  expect(many.pull).toBeLessThan(0);
  expect(few.active).toBeLessThan(2);
  expect(few.pull).toBeGreaterThan(0);
});

test("reviving features pulls only theirs, to what was left over", () => {
  const of = plan({});
  const { given } = world(of);
  const { weights: slots } = world(plan({ features: 3 }));
  const outputs = training(revivalLoss(of, 1, { slots: 3, active: 2 }, rows));
  const given2 = {
    read: given["read.0"]!,
    readMinusMean: given["readMinusMean.0"]!,
    readPerScale: given["readPerScale.0"]!,
    "error.0": given["write.0"]!,
    encoder: slots["encoder.0"]!,
    encoderBias: slots["encoderBias.0"]!,
    decoder: slots["decoder.0"]!,
  };
  const before = evaluate(outputs, given2);
  const decoder = given2.decoder.data;
  before["gradient.decoder"]!.data.forEach((g, i) => {
    decoder[i]! -= 0.5 * g;
  });
  expect(evaluate(outputs, given2).loss!.data[0]).toBeLessThan(before.loss!.data[0]!);
});
