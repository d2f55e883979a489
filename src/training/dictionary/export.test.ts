import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { normal, random } from "../../core/random.ts";
import { evaluate } from "../../core/readings/evaluate.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { onnxDevice } from "../../devices/onnx/device.ts";
import { rebuild } from "../../features/dictionary/decode.ts";
import { encode } from "../../features/dictionary/encode.ts";
import { Product } from "../../features/dictionary/product.ts";
import { memoryBytes } from "../../formats/bytes.ts";
import type { DictionaryFiles } from "../../formats/dictionaries/files.ts";
import { readDictionary } from "../../formats/dictionaries/read.ts";
import type { Values } from "../parameters.ts";
import { dictionaryFiles, type OutgoingFile } from "./export.ts";
import { fold, unfold } from "./fold.ts";
import { initialValues } from "./initial.ts";
import { dictionaryLoss } from "./loss.ts";
import type { Normalisation, Side } from "./normalisation.ts";
import { type Plan, parametersOf } from "./plan.ts";
import { Replacement } from "./replacement.ts";

const device = onnxDevice(ort as never, { threads: 1 });
const product = new Product(device);
const [rows, dModel, features] = [7, 6, 10];

function filesIn(outgoing: Iterable<OutgoingFile>): DictionaryFiles {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { name, data } of outgoing) {
    const pieces = typeof data === "string" ? [new TextEncoder().encode(data)] : [...data];
    const bytes = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of pieces) {
      bytes.set(p, at);
      at += p.length;
    }
    files.set(name, bytes);
  }
  return { name: "saved", names: [...files.keys()], open: async name => memoryBytes(files.get(name)!, name) };
}

const base = { dModel, features, reads: "mlp.in", writes: "mlp.out" } as const;
const topk = { kind: "topk", k: 3, rectified: false } as const;
const jumps = { kind: "jumprelu", k: 3, bandwidth: 0.5, weight: 0.1 } as const;
const plans: [string, Plan, string][] = [
  ["all layers", { ...base, kind: "transcoders", layers: [0, 1], activation: topk, skip: true }, "circuit-tracer"],
  ["thresholds", { ...base, kind: "transcoders", layers: [0, 1], activation: jumps, skip: true }, "circuit-tracer"],
  ["without skip", { ...base, kind: "transcoders", layers: [0, 1], activation: topk, skip: false }, "circuit-tracer"],
  ["across", { ...base, kind: "cross-layer", layers: [0, 1], activation: topk, skip: true }, "circuit-tracer"],
  [
    "across, thresholds",
    { ...base, kind: "cross-layer", layers: [0, 1], activation: jumps, skip: false },
    "circuit-tracer",
  ],
  [
    "one layer of two",
    { ...base, kind: "transcoders", layers: [1], activation: { ...topk, rectified: true }, skip: true },
    "SAELens",
  ],
  [
    "autoencoder",
    {
      ...base,
      kind: "autoencoders",
      layers: [0, 1],
      activation: { ...topk, rectified: true },
      skip: false,
      reads: "residual.out",
      writes: "residual.out",
    },
    "SAELens",
  ],
];

/** Weights as if they had been trained, and activations that are far from mean 0 and scale 1. */
function world(plan: Plan) {
  const next = normal(random(11));
  const side = (): Side => ({
    mean: Float32Array.from({ length: dModel }, () => 3 * next()),
    scale: 2.5 + Math.abs(next()),
  });
  const normalisation: Normalisation = { read: plan.layers.map(side), write: plan.layers.map(side) };
  const values: Values = initialValues(plan, plan.layers, 4);
  for (const [name, data] of values)
    if (!name.startsWith("threshold")) for (let i = 0; i < data.length; i++) data[i]! += 0.3 * next();
  const raw = (): Float32Array<ArrayBuffer>[] =>
    plan.layers.map(() => Float32Array.from({ length: rows * dModel }, () => 2 + 3 * next()));
  return { normalisation, values, read: raw(), write: raw() };
}

test.each(plans)(
  "the saved set, loaded, has the trained activations and writes what was trained: %s",
  async (_, plan, format) => {
    const { normalisation, values, read, write } = world(plan);
    const given: Record<string, Tensor> = {};
    for (const { name, shape } of parametersOf(plan, plan.layers)) given[name] = tensor(shape, values.get(name)!);
    const outputs = dictionaryLoss(plan, plan.layers, rows);
    plan.layers.forEach((layer, i) => {
      for (const [name, data] of [
        ["read", read],
        ["write", write],
      ] as const) {
        const { mean, scale } = normalisation[name][i]!;
        given[`${name}.${layer}`] = tensor([rows, dModel], data[i]!);
        given[`${name}MinusMean.${layer}`] = tensor(
          [dModel],
          mean.map(v => -v),
        );
        given[`${name}PerScale.${layer}`] = tensor([1], Float32Array.of(1 / scale));
      }
    });
    const trained = evaluate(outputs, given);

    const folded = fold(plan, values, normalisation);
    const dictionary = await readDictionary(filesIn(dictionaryFiles(plan, folded, { name: "tiny", layers: 2 })));
    expect(dictionary).toMatchObject({
      kind: plan.kind,
      format,
      madeFor: "tiny",
      reads: plan.reads,
      writes: plan.writes,
    });
    expect(dictionary.layers.map(l => l.layer)).toEqual(plan.layers);

    const active = await Promise.all(dictionary.layers.map((l, i) => encode(l, read[i]!, product)));
    const rebuilt = await rebuild(dictionary.layers, active, read, product);
    const replacement = await Replacement.create(device, plan, folded);
    for (const [i, layer] of plan.layers.entries()) {
      const count = new Float64Array(features);
      for (const f of active[i]!.index) count[f]!++;
      expect([...count]).toEqual([...trained[`fired.${layer}`]!.data]);
      const own = (await replacement.at(layer, read[i]!)).out;
      const { scale } = normalisation.write[i]!;
      // error = (write − out) / scale
      trained[`error.${layer}`]!.data.forEach((e, j) => {
        expect(rebuilt[i]![j]!, `layer ${layer}, ${j}`).toBeCloseTo(write[i]![j]! - e * scale, 3);
        expect(own[j]!).toBeCloseTo(rebuilt[i]![j]!, 3);
      });
    }
    await replacement.release();
  },
);

test.each(plans.filter(([, plan]) => plan.kind !== "cross-layer"))("unfolding takes folding back: %s", (_, plan) => {
  const { normalisation, values } = world(plan);
  const back = unfold(plan, fold(plan, values, normalisation), normalisation);
  expect([...back.keys()].sort()).toEqual([...values.keys()].sort());
  for (const [name, data] of values)
    back.get(name)!.forEach((v, i) => {
      expect(v, name).toBeCloseTo(data[i]!, 4);
    });
});

test("a folder whose run was interrupted is refused, and says how to go on", async () => {
  const [, plan] = plans[0]!;
  const { normalisation, values } = world(plan);
  const whole = filesIn(dictionaryFiles(plan, fold(plan, values, normalisation), { name: "tiny", layers: 2 }));
  for (const left of ["training.checkpoint", "activations/read.0.f32"])
    await expect(readDictionary({ ...whole, names: [...whole.names, left] })).rejects.toMatchObject({
      message: "a training run was interrupted here, and the dictionary is not finished",
      advice: expect.stringContaining("--resume"),
    });
});
