/**
 * Question: how fast is a training step of the specimen, beside PyTorch on the same shape?
 *
 * Both learn from batches of 20 × 96 tokens, of which about half carry a loss, with Muon and AdamW, in processes of their
 * own, in turns; the median step of each. PyTorch in float32, as we compute, and in bfloat16 (autocast), which the
 * feasibility run used.
 *
 *   python3 -m venv VENV && VENV/bin/pip install torch
 *   npx esbuild bench/training-step.ts --bundle --platform=node --format=esm --packages=external --outfile=node_modules/.cache/training-step.mjs
 *   node node_modules/.cache/training-step.mjs [--peer VENV/bin/python] [--steps 60] [--repeat 3]
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onnxDevice } from "../src/devices/onnx/device.ts";
import { modelConfig } from "../src/models/config.ts";
import { onnxRuntime } from "../src/store/open-model.ts";
import { shapeOf, specimenConfig } from "../src/training/shape.ts";
import { specimenBatches, specimenSettings, wholeRun } from "../src/training/specimen.ts";
import { Encoder } from "../src/training/tokenizer/encoder.ts";
import { Trainer } from "../src/training/trainer.ts";

interface Run {
  /** Seconds of a step. */
  readonly median: number;
  readonly tokens: number;
}

const { values } = parseArgs({
  options: {
    peer: { type: "string" },
    steps: { type: "string", default: "60" },
    repeat: { type: "string", default: "3" },
    /** Ours, in a process of its own. */
    ours: { type: "boolean", default: false },
  },
});

if (values.ours) console.log(JSON.stringify(await ours(Number(values.steps))));
else compare();

async function ours(steps: number): Promise<Run> {
  const encoder = new Encoder(JSON.parse(readFileSync(resolve("specimen/tokenizer.json"), "utf8")));
  const config = modelConfig(specimenConfig(shapeOf("standard"), encoder.size, encoder));
  const settings = specimenSettings(1, wholeRun);
  const trainer = await Trainer.create(onnxDevice(await onnxRuntime()), config, settings);
  const source = specimenBatches(encoder, { seed: 1 }, 0);
  const times: number[] = [];
  for (let step = 0; step < steps + 10; step++) {
    const batch = source.next().value!;
    const start = performance.now();
    await trainer.learn(batch);
    if (step >= 10) times.push((performance.now() - start) / 1000);
  }
  await trainer.release();
  times.sort((a, b) => a - b);
  return { median: times[times.length >> 1]!, tokens: settings.rows * settings.length };
}

function compare(): void {
  const self = fileURLToPath(import.meta.url);
  const sides: Record<string, readonly [string, readonly string[]]> = {
    ours: [process.execPath, [self, "--ours", "--steps", values.steps]],
    ...(values.peer && {
      "PyTorch, float32": [values.peer, ["bench/training-step.py", values.steps, "float32"]],
      "PyTorch, bfloat16": [values.peer, ["bench/training-step.py", values.steps, "bfloat16"]],
    }),
  };
  for (let turn = 0; turn < Number(values.repeat); turn++) {
    for (const [name, [command, args]] of Object.entries(sides)) {
      const done = spawnSync(command, args, { encoding: "utf8" });
      if (done.status !== 0) throw new Error(`${command} failed: ${done.stderr.slice(-2000)}`);
      const { median, tokens } = JSON.parse(done.stdout.trim().split("\n").at(-1)!) as Run;
      console.log(
        `${name.padEnd(18)} ${(1000 * median).toFixed(0)} ms a step, ${Math.round(tokens / median)} tokens/s`,
      );
    }
  }
}
