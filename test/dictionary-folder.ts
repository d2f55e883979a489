/** A small random dictionary of transcoders as a circuit-tracer folder, for whole commands. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { random } from "../src/core/random.ts";
import { safetensorsFile } from "./file-writers.ts";

export function dictionaryFolder(folder: string, { layers = 4, dModel = 48, features = 40 } = {}): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "config.yaml"),
    "model_kind: transcoder_set\nmodel_name: tiny-llama\nfeature_input_hook: mlp.hook_in\nfeature_output_hook: mlp.hook_out\nactivation: relu\n",
  );
  const draw = random(11);
  for (let layer = 0; layer < layers; layer++) {
    const shapes = { W_enc: [features, dModel], W_dec: [features, dModel], b_enc: [features], b_dec: [dModel] };
    const header: Record<string, unknown> = {};
    const parts: Float32Array[] = [];
    let at = 0;
    for (const [name, shape] of Object.entries(shapes)) {
      const length = shape.reduce((a, b) => a * b);
      header[name] = { dtype: "F32", shape, data_offsets: [at, at + 4 * length] };
      // Encoders that stay below zero most of the time: a feature that fires everywhere tells nothing.
      parts.push(Float32Array.from({ length }, () => (name === "b_enc" ? -0.8 : (draw() * 2 - 1) * 0.3)));
      at += 4 * length;
    }
    const data = new Uint8Array(at);
    let offset = 0;
    for (const part of parts) {
      data.set(new Uint8Array(part.buffer), offset);
      offset += part.byteLength;
    }
    writeFileSync(join(folder, `layer_${layer}.safetensors`), safetensorsFile(header, data));
  }
}
