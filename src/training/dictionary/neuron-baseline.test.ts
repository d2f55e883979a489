import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { onnxDevice } from "../../devices/onnx/device.ts";
import { memoryBytes } from "../../formats/bytes.ts";
import { safetensors } from "../../formats/safetensors.ts";
import { modelConfig } from "../../models/config.ts";
import { Model } from "../../models/model.ts";
import { modelFile } from "../export.ts";
import { initialValues, parametersOf } from "../parameters.ts";
import { specimenConfig } from "../shape.ts";
import { neuronBaseline } from "./neuron-baseline.ts";
import type { Plan } from "./plan.ts";

test("all of the neurons rebuild everything, more of them more, and the rest at its mean beats the rest at zero", async () => {
  const record = specimenConfig({ dModel: 16, layers: 2, heads: 2, dMlp: 32 }, 40, { bos: 0, eos: 1 });
  const config = modelConfig(record);
  const pieces = [...modelFile(config, parametersOf(config), initialValues(config, 1))];
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  const device = onnxDevice(ort as never, { threads: 1 });
  const model = new Model("tiny", record, await safetensors(memoryBytes(bytes)), device);
  const texts = Array.from({ length: 12 }, (_, i) => [
    0,
    ...Array.from({ length: 9 }, (_, t) => 2 + ((i * 7 + t * 5) % 38)),
  ]);
  const at = async (k: number) => {
    const plan: Plan = {
      kind: "transcoders",
      layers: [0, 1],
      dModel: 16,
      features: 64,
      activation: { kind: "topk", k, rectified: false },
      skip: true,
      reads: "mlp.in",
      writes: "mlp.out",
    };
    return (await neuronBaseline(model, plan, texts, 100))!;
  };
  const [few, some, all] = [await at(2), await at(12), await at(32)];
  for (const layer of [0, 1]) {
    expect(all[layer]!.explained).toBeCloseTo(1, 5);
    expect(all[layer]!.explainedOverMeans).toBeCloseTo(1, 5);
    expect(some[layer]!.explained).toBeGreaterThan(few[layer]!.explained);
    expect(some[layer]!.explained).toBeLessThan(1);
    expect(few[layer]!.explainedOverMeans).toBeGreaterThan(few[layer]!.explained - 0.05);
  }
  await model.release();
});
