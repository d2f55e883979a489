/** The small random models of `golden/tiny`, with the numbers that the original implementation gave for them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as ort from "onnxruntime-node";
import type { Device } from "../../src/devices/device.ts";
import { onnxDevice, type Runtime } from "../../src/devices/onnx/device.ts";
import { memoryBytes } from "../../src/formats/bytes.ts";
import { safetensors } from "../../src/formats/safetensors.ts";
import { Model } from "../../src/models/model.ts";

/** Laid beside the checkout, here and in CI. */
export const goldenFolder = resolve(import.meta.dirname, "../../../shared/golden");

export const onnx = onnxDevice(ort as unknown as Runtime);

export interface TinyGolden {
  readonly ids: number[];
  /** [position][vocabulary] */
  readonly logits: number[][];
  /** [layer][position * dModel], the last entry after the final norm */
  readonly hidden: number[][];
  /** layers 0 and 1: [head][query * key] */
  readonly attention: number[][][];
}

export const tinyFamilies = readdirSync(join(goldenFolder, "tiny"));

export async function folderModel(
  folder: string,
  name: string,
  device: Device = onnx,
  changes: Record<string, unknown> = {},
): Promise<Model> {
  const config = { ...JSON.parse(readFileSync(join(folder, "config.json"), "utf8")), ...changes };
  const weights = await safetensors(memoryBytes(new Uint8Array(readFileSync(join(folder, "model.safetensors"))), name));
  return new Model(name, config, weights, device);
}

export const tinyModel = (family: string, device: Device = onnx): Promise<Model> =>
  folderModel(join(goldenFolder, "tiny", family), family, device);

export const tinyGolden = (family: string): TinyGolden =>
  JSON.parse(readFileSync(join(goldenFolder, "tiny", family, "golden.json"), "utf8"));
