/**
 * Question: can a dictionary that is larger than the memory be traced, and what does that cost?
 *
 * Writes a made-up set of per-layer transcoders (top-k 32; numbers without a meaning, rows of one block of noise) of the
 * asked size, traces one prompt through it, and prints times and the most memory that the process had.
 *
 *   npx esbuild bench/large-dictionary.ts --bundle --platform=node --format=esm --packages=external \
 *     --outfile=node_modules/.cache/large-dictionary.mjs
 *   node node_modules/.cache/large-dictionary.mjs [--model M] [--gigabytes 6] [--tokens 16] [--expand 256] [--folder DIR] [--cross]
 */

import { readFileSync } from "node:fs";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { attribute } from "../src/attribution/attribute.ts";
import { logitTargets } from "../src/attribution/target.ts";
import { dictionaryBasis } from "../src/features/dictionary/basis.ts";
import { recordRun } from "../src/models/record.ts";
import { openDictionary } from "../src/store/dictionaries.ts";
import { findModel } from "../src/store/models.ts";
import { openModel } from "../src/store/open-model.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "specimen" },
    gigabytes: { type: "string", default: "6" },
    tokens: { type: "string", default: "16" },
    expand: { type: "string", default: "256" },
    folder: { type: "string", default: join(tmpdir(), "large-dictionary") },
    cross: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});

/** One block of noise, 16 MB; rows of files are parts of it at different places. */
const noise = new Float32Array(4 << 20);
let state = 1;
for (let i = 0; i < noise.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  noise[i] = (state / 2 ** 32 - 0.5) * 0.2;
}

/** A safetensors file of noise. `offset` decides which. */
async function write(path: string, tensors: Record<string, number[]>, offset: number): Promise<number> {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(tensors)) {
    const bytes = shape.reduce((a, b) => a * b, 1) * 4;
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const file = await open(path, "w");
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(text.length));
  await file.write(head);
  await file.write(text);
  const block = Buffer.from(noise.buffer);
  for (let done = 0; done < at; ) {
    const from = ((((offset + done / 997) * 4) | 0) % (block.length / 2)) & ~3;
    const part = block.subarray(from, from + Math.min(at - done, block.length - from));
    await file.write(part);
    done += part.length;
  }
  await file.close();
  return at;
}

const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN) / 1024;
let last = performance.now();
function step(what: string): void {
  const now = performance.now();
  console.log(`${what}: ${((now - last) / 1000).toFixed(1)} s, most memory so far ${peak().toFixed(0)} MB`);
  last = performance.now();
}

const opened = await openModel(await findModel(values.model));
const { model } = opened;
const { dModel } = model.config;
const { layers } = model;
const perFeature = (l: number) => 4 * dModel * (values.cross ? 1 + layers - l : 2);
const total = Array.from({ length: layers }, (_, l) => perFeature(l)).reduce((a, b) => a + b, 0);
const features = Math.floor((Number(values.gigabytes) * 1e9) / total);
await mkdir(values.folder, { recursive: true });
let bytes = 0;
for (let l = 0; l < layers; l++) {
  if (values.cross) {
    const biases = { [`b_enc_${l}`]: [features], [`b_dec_${l}`]: [dModel] };
    bytes += await write(
      join(values.folder, `W_enc_${l}.safetensors`),
      { [`W_enc_${l}`]: [features, dModel], ...biases },
      l * 1001,
    );
    bytes += await write(
      join(values.folder, `W_dec_${l}.safetensors`),
      { [`W_dec_${l}`]: [features, layers - l, dModel] },
      l * 77,
    );
  } else {
    const tensors = { W_enc: [features, dModel], W_dec: [features, dModel], b_enc: [features], b_dec: [dModel] };
    bytes += await write(join(values.folder, `layer_${l}.safetensors`), tensors, l * 1001);
  }
}
await writeFile(
  join(values.folder, "config.yaml"),
  `model_name: none\nmodel_kind: ${values.cross ? "cross_layer_transcoder" : "transcoder_set"}\nfeature_input_hook: mlp.hook_in\nfeature_output_hook: hook_mlp_out\nactivation: topk\nk: 32\n`,
);
step(`wrote ${(bytes / 1e9).toFixed(1)} GB: ${layers} layers of ${features} features, ${dModel} wide`);

const { dictionary, close } = await openDictionary(values.folder);
step("opened");
const basis = dictionaryBasis(dictionary, model);
const ids = Array.from({ length: Number(values.tokens) }, (_, i) => 1 + ((i * 7919) % (model.config.vocabulary - 1)));
const recording = await recordRun(model, ids, { readTaps: basis.readTaps });
step(`recorded ${ids.length} tokens of ${model.name}`);
const prompt = await basis.on(recording);
step(`encoded: ${prompt.count} features are active`);
const targets = await logitTargets(recording, [{ id: ids[1]! }], id => `#${id}`);
const trace = () => attribute(recording, prompt, targets, { expand: Number(values.expand) });
const result = await trace();
step(
  `traced: ${result.expanded} rows, ${result.graph.source.length} edges, rows add up to ${result.rowSum.toExponential(1)}`,
);
await trace();
step("traced again, with every program made");
await close();
await opened.close();
if (!values.keep) await rm(values.folder, { recursive: true });
