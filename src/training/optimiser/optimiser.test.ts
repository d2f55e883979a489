import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { normal, random } from "../../core/random.ts";
import { evaluate } from "../../core/readings/evaluate.ts";
import { tensor } from "../../core/tensor.ts";
import { onnxDevice } from "../../devices/onnx/device.ts";
import type { Parameter } from "../parameters.ts";
import { AdamW } from "./adamw.ts";
import { Muon } from "./muon.ts";
import { newtonSchulz } from "./newton-schulz.ts";
import { clip, rateAt } from "./schedule.ts";

const numbers = (n: number, seed: number) => {
  const next = normal(random(seed));
  return Float32Array.from({ length: n }, () => next());
};

test.each([
  [3, 7],
  [7, 3],
])("Newton-Schulz makes the singular values of a %i × %i matrix nearly one, whatever its size", (rows, columns) => {
  for (const size of [1e-3, 1, 1e3]) {
    const x = numbers(2 * rows * columns, 4).map(v => v * size);
    const y = evaluate(newtonSchulz(2, rows, columns), { x: tensor([2, rows, columns], x) }).y!.data;
    // The Gram matrix on the shorter side has the squared singular values: its trace is between .6² and 1.3² each.
    const square = y.subarray(0, rows * columns).reduce((s, v) => s + v * v, 0) / 3;
    expect(square).toBeGreaterThan(0.4);
    expect(square).toBeLessThan(1.5);
    // Same directions: the step still points where the matrix does.
    expect(y.reduce((s, v, i) => s + v * x[i]!, 0)).toBeGreaterThan(0);
  }
});

test("AdamW's first two steps are those of the paper", () => {
  const parameter: Parameter = { name: "w", shape: [1], kind: "table" };
  const values = new Map([["w", Float32Array.of(2)]]);
  const adam = new AdamW([parameter]);
  adam.step(values, new Map([["w", Float32Array.of(0.5)]]), 1, 0.1, 0.01);
  // The first step is the rate, whatever the gradient; decay takes 0.1 · 0.01 of the weight.
  expect(values.get("w")![0]).toBeCloseTo(2 * 0.999 - 0.1, 6);
  adam.step(values, new Map([["w", Float32Array.of(-1)]]), 2, 0.1, 0);
  const m = (0.9 * 0.05 - 0.1) / (1 - 0.81);
  const v = (0.98 * 0.02 * 0.25 + 0.02) / (1 - 0.98 ** 2);
  expect(values.get("w")![0]).toBeCloseTo(2 * 0.999 - 0.1 - (0.1 * m) / Math.sqrt(v), 5);
});

test("Muon finds the matrix that a linear problem hides, for tall, wide and square ones together", async () => {
  const parameters: Parameter[] = [
    { name: "a", shape: [6, 4], kind: "matrix" },
    { name: "b", shape: [4, 6], kind: "matrix" },
    { name: "c", shape: [6, 4], kind: "matrix" },
  ];
  const muon = await Muon.create(onnxDevice(ort as never), parameters);
  const goal = new Map(parameters.map((p, i) => [p.name, numbers(24, i + 1)]));
  const values = new Map(parameters.map(p => [p.name, new Float32Array(24)]));
  const distance = () =>
    Math.sqrt(
      [...goal].reduce((s, [name, g]) => s + g.reduce((t, v, i) => t + (v - values.get(name)![i]!) ** 2, 0), 0),
    );
  const start = distance();
  for (let step = 0; step < 400; step++) {
    const gradients = new Map([...goal].map(([name, g]) => [name, values.get(name)!.map((v, i) => v - g[i]!)]));
    await muon.step(values, gradients, 0.1 * (1 - step / 400), 0);
  }
  await muon.release();
  expect(distance()).toBeLessThan(start / 20);
});

test("the rate rises, stays, falls to its last share; gradients are cut to one norm together", () => {
  const schedule = { rate: 1, steps: 1001, warmUp: 100, constant: 0.4, last: 0.03 };
  expect(rateAt(schedule, 0)).toBeCloseTo(0.01);
  expect(rateAt(schedule, 99)).toBe(1);
  expect(rateAt(schedule, 400)).toBe(1);
  expect(rateAt(schedule, 700)).toBeCloseTo(0.515);
  expect(rateAt(schedule, 1000)).toBeCloseTo(0.03);
  const gradients = new Map([
    ["a", Float32Array.of(3)],
    ["b", Float32Array.of(0, 4)],
  ]);
  expect(clip(gradients, 1)).toBe(5);
  expect(gradients.get("a")![0]).toBeCloseTo(0.6);
  expect(gradients.get("b")![1]).toBeCloseTo(0.8);
  expect(clip(gradients, 10)).toBeCloseTo(1);
  expect(gradients.get("b")![1]).toBeCloseTo(0.8);
});
