/**
 * Question: what do a million tokens × 50,000 units cost an index, in memory, on disk and in processor time?
 *
 * Indexes made-up activations (log-normal, two thirds of them above zero; no model runs, so this is the index alone) of a
 * given number of units on a given number of tokens, in a process of its own; says what was measured, and what it comes
 * to for --of-units on --of-tokens. What the pass holds is fixed before it begins, so memory is measured and not guessed
 * when --units is the full number.
 *
 *   npx esbuild bench/index-size.ts --bundle --platform=node --format=esm --packages=external --outfile=node_modules/.cache/index-size.mjs
 *   node node_modules/.cache/index-size.mjs [--units 50000] [--layers 4] [--tokens 20000] [--folder DIR]
 */
import { readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { random } from "../src/core/random.ts";
import { type Watched, watchNeurons } from "../src/features/index/watched.ts";
import { buildIndex } from "../src/store/build-index.ts";
import { findModel } from "../src/store/models.ts";
import { openModel } from "../src/store/open-model.ts";

const { values } = parseArgs({
  options: {
    units: { type: "string", default: "50000" },
    layers: { type: "string", default: "4" },
    tokens: { type: "string", default: "20000" },
    window: { type: "string", default: "64" },
    "of-units": { type: "string", default: "50000" },
    "of-tokens": { type: "string", default: "1000000" },
    folder: { type: "string", default: join(tmpdir(), "lucida-index-size") },
  },
});
const layers = Number(values.layers);
const each = Math.ceil(Number(values.units) / layers);
const length = Number(values.window);

/** 16 MB of activations; a window's are a part of it. */
const draw = random(1);
const noise = Float32Array.from({ length: 4 << 20 }, () => {
  const size = Math.exp(2 * (draw() + draw() + draw() + draw() - 2)) / 4;
  return draw() < 2 / 3 ? size : -size / 2;
});

const opened = await openModel(await findModel("specimen"));
const watched: Watched = {
  ...watchNeurons(opened.model),
  name: "made up",
  layers: Array.from({ length: layers }, (_, layer) => ({ layer, units: each })),
  async run(batch, show) {
    const count = batch.length * batch[0]!.length * each;
    const laidOut = new Float32Array(count);
    for (let layer = 0; layer < layers; layer++) {
      for (let at = 0; at < count; ) {
        const from = Math.floor(draw() * (noise.length / 2));
        const part = noise.subarray(from, Math.min(noise.length, from + count - at));
        laidOut.set(part, at);
        at += part.length;
      }
      show(layer, laidOut);
    }
  },
};
const vocabulary = opened.model.config.vocabulary;
function* texts() {
  for (;;) yield "x".repeat(length - 1);
}

const peak = () => (process.resourceUsage().maxRSS * 1024) / 1e6;
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
await rm(values.folder, { recursive: true, force: true });
const before = { memory: process.memoryUsage().rss / 1e6, work: spent() };
let passed = 0;
let peakOfPass = 0;
const { manifest, stateBytes } = await buildIndex({
  folder: values.folder,
  watched,
  corpus: { name: "made up", files: 0, bytes: 0, mark: `${values.tokens}`, texts },
  encode: text => Array.from(text, () => Math.floor(draw() * vocabulary)),
  token: id => `${id}`,
  length,
  tokens: Number(values.tokens),
  batch: 16,
  seed: 0,
  promoted: false,
  progress(stage) {
    if (stage === "records" && passed === 0) {
      passed = spent();
      peakOfPass = peak();
    }
  },
});
const whole = spent();
const units = layers * each;
const sizes = new Map(readdirSync(values.folder).map(name => [name, statSync(join(values.folder, name)).size]));
const corpus = sizes.get("windows.bin")!;
const rest = [...sizes.values()].reduce((a, b) => a + b) - corpus;
const { tokens } = manifest;
const pass = passed - before.work;
console.log(
  `measured: ${units} units in ${layers} layers, ${tokens} tokens in ${manifest.windows} windows of ${length}`,
);
console.log(
  `  held by the pass   ${(stateBytes / 1e6).toFixed(1)} MB = ${(stateBytes / units).toFixed(0)} bytes a unit`,
);
console.log(
  `  most memory        ${peakOfPass.toFixed(0)} MB in the pass, ${peak().toFixed(0)} MB in all (${before.memory.toFixed(0)} MB before it began)`,
);
console.log(
  `  on disk            ${(rest / 1e6).toFixed(1)} MB = ${(rest / units).toFixed(0)} bytes a unit, and ${(corpus / 1e6).toFixed(2)} MB of corpus = ${(corpus / tokens).toFixed(1)} bytes a token`,
);
console.log(
  `  processor          ${pass.toFixed(1)} s of reading = ${((1e9 * pass) / (units * tokens)).toFixed(0)} ns a value, ${(whole - passed).toFixed(1)} s of writing = ${((1e3 * (whole - passed)) / units).toFixed(2)} ms a unit`,
);
const ofUnits = Number(values["of-units"]);
const ofTokens = Number(values["of-tokens"]);
const held = (stateBytes / units) * ofUnits;
console.log(`so ${ofUnits} units on ${ofTokens} tokens, the model left out:`);
console.log(
  `  ${(held / 1e6).toFixed(0)} MB held, about ${(peak() + (held - stateBytes) / 1e6).toFixed(0)} MB at most, ${((ofUnits * rest) / units / 1e6 + (ofTokens * corpus) / tokens / 1e6).toFixed(0)} MB on disk, ${((pass / (units * tokens)) * ofUnits * ofTokens + ((whole - passed) / units) * ofUnits).toFixed(0)} s of processor`,
);
await opened.close();
await rm(values.folder, { recursive: true, force: true });
