import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, expect, test } from "vitest";
import { random } from "../core/random.ts";
import { onnxDevice } from "../devices/onnx/device.ts";
import { memoryBytes } from "../formats/bytes.ts";
import { safetensors } from "../formats/safetensors.ts";
import { modelConfig } from "../models/config.ts";
import { Model } from "../models/model.ts";
import { recordRun } from "../models/record.ts";
import { checkpointOf } from "../training/checkpoint.ts";
import { type ActivationRows, firstRows, reordered, shuffledOrder } from "../training/dictionary/activation-rows.ts";
import { calibrate } from "../training/dictionary/calibrate.ts";
import type { Chunks } from "../training/dictionary/chunks.ts";
import {
  type DictionarySettings,
  DictionaryTrainer,
  savedNormalisation,
} from "../training/dictionary/dictionary-trainer.ts";
import { harvest } from "../training/dictionary/harvest.ts";
import type { Plan } from "../training/dictionary/plan.ts";
import { windowSequences } from "../training/dictionary/sequences.ts";
import { trainDictionary } from "../training/dictionary/train-dictionary.ts";
import { modelFile } from "../training/export.ts";
import { initialValues, parametersOf } from "../training/parameters.ts";
import { specimenConfig } from "../training/shape.ts";
import { ActivationBuffer } from "./activation-buffer.ts";
import { RunFolder } from "./training-run.ts";

const folder = mkdtempSync(join(tmpdir(), "lucida-dictionary-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const device = onnxDevice(ort as never, { threads: 1 });
const record = specimenConfig({ dModel: 16, layers: 3, heads: 2, dMlp: 32 }, 40, { bos: 0, eos: 1 });
const config = modelConfig(record);

/** A model of random numbers, and windows of random tokens. */
async function world() {
  const pieces = [...modelFile(config, parametersOf(config), initialValues(config, 1))];
  const bytes = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of pieces) {
    bytes.set(p, at);
    at += p.length;
  }
  const model = new Model("tiny", record, await safetensors(memoryBytes(bytes)), device);
  const next = random(2);
  const windows = Array.from({ length: 60 }, () => [
    0,
    ...Array.from({ length: 5 + Math.floor(10 * next()) }, () => 2 + Math.floor(38 * next())),
  ]);
  return { model, sequences: windowSequences(windows, 1, 20) };
}

const plan: Plan = {
  kind: "transcoders",
  layers: [0, 2],
  dModel: 16,
  features: 24,
  activation: { kind: "topk", k: 4, rectified: false },
  skip: true,
  reads: "mlp.in",
  writes: "mlp.out",
};
const rows = 32;
const settings: DictionarySettings = {
  seed: 1,
  schedule: { rate: 1e-2, steps: 12, warmUp: 3, constant: 0.5, last: 0.03 },
  clip: 1,
  rows,
  // So soon that some features are being revived on the way.
  silentAfter: 2 * rows,
  revival: { slots: 8, active: 3 },
};
/** Three chunks, the last one short. */
const harvesting = { batchTokens: 128 };
const chunks: Chunks = { rows, pieces: 4, batches: 5, steps: 12 };

test.each(["transcoders", "cross-layer"] as const)(
  "a run that was killed in the middle of a chunk and resumed ends with the same weights, bit for bit: %s",
  async kind => {
    const of: Plan = { ...plan, kind, layers: kind === "cross-layer" ? [0, 1, 2] : [0, 2] };
    const { model, sequences } = await world();
    const { limits, normalisation } = await calibrate(model, of, () => sequences.part(0), harvesting, 100);
    const run = async (trainer: DictionaryTrainer, name: string, stopAt: number) => {
      const buffer = await ActivationBuffer.create(join(folder, name), of.layers, of.dModel, chunks);
      const stop = new AbortController();
      const at = await RunFolder.open(join(folder, `${name}-run`));
      const silent: number[] = [];
      const running = trainDictionary(trainer, {
        model,
        sequences,
        limits,
        harvesting,
        chunks,
        buffer,
        signal: stop.signal as never,
        lookEvery: 100,
        saveEvery: 100,
        save: one => at.saveCheckpoint(checkpointOf(one, "this")),
        report(step) {
          silent.push(step.layers[0]!.silent);
          if (step.step === stopAt) stop.abort();
        },
      });
      await (stopAt < 12 ? expect(running).rejects.toThrow(/abort/i) : running);
      await buffer.remove();
      return { at, silent };
    };
    const whole = await DictionaryTrainer.create(device, of, settings, normalisation);
    const { silent } = await run(whole, "whole", 12);
    expect(Math.max(...silent), "nothing was revived, so nothing is shown of it").toBeGreaterThan(0);

    const first = await DictionaryTrainer.create(device, of, settings, normalisation);
    const { at } = await run(first, "first", 7);
    const checkpoint = (await at.checkpoint<DictionarySettings>())!;
    expect(checkpoint.step).toBe(7);
    const second = await DictionaryTrainer.create(
      device,
      of,
      checkpoint.settings,
      await savedNormalisation(of, checkpoint.read),
    );
    await second.restore(checkpoint.step, checkpoint.read);
    await run(second, "second", 12);
    for (const { name, data } of whole.state())
      expect(second.state().find(t => t.name === name)!.data, name).toEqual(data);
    for (const trainer of [whole, first, second]) await trainer.release();
    await model.release();
  },
);

test("what is harvested is what a recording of each text alone holds, without first positions", async () => {
  const { model, sequences } = await world();
  const texts = [...sequences.heldOut()];
  const all: Plan = { ...plan, layers: [1, 2] };
  const { count, read, write } = await firstRows(harvest(model, all, texts), 1e6, 16);
  expect(count).toBe(texts.reduce((n, ids) => n + ids.length - 1, 0));
  for (const [side, rows] of [
    ["read", read],
    ["write", write],
  ] as const) {
    for (const [i, layer] of all.layers.entries()) {
      const lines = Array.from({ length: count }, (_, r) => rows[i]!.subarray(r * 16, (r + 1) * 16));
      for (const ids of texts) {
        const recording = await recordRun(model, ids, { readTaps: ["mlp.in"] });
        const own = side === "read" ? recording.read[layer]!["mlp.in"]! : recording.mlpOut[layer]!;
        for (let t = 1; t < ids.length; t++) {
          const row = own.subarray(t * 16, (t + 1) * 16);
          const near = lines.some(line => line.every((v, j) => Math.abs(v - row[j]!) < 1e-5));
          expect(near, `${side} ${layer} ${t}`).toBe(true);
        }
      }
    }
  }
  await model.release();
});

test("every token of a chunk is in one batch, and every batch has as many of every piece", async () => {
  const small: Chunks = { rows: 8, pieces: 4, batches: 3, steps: 3 };
  const buffer = await ActivationBuffer.create(join(folder, "dealt"), [0], 2, small);
  const size = 3 * 2;
  for (let piece = 0; piece < 4; piece++) {
    const values = Float32Array.from({ length: size * 2 }, (_, i) => 100 * piece + i);
    const rows: ActivationRows = { count: size, read: [values], write: [values.map(v => -v)] };
    await buffer.writePiece(piece, reordered(rows, shuffledOrder(size, random(piece)), 2), 3);
  }
  const all: number[] = [];
  for (let batch = 0; batch < 3; batch++) {
    const { read, write } = await buffer.readBatch(batch);
    expect([...write[0]!]).toEqual([...read[0]!].map(v => -v));
    const pieces = Array.from({ length: 8 }, (_, r) => Math.floor(read[0]![2 * r]! / 100));
    expect([0, 1, 2, 3].map(p => pieces.filter(q => q === p).length)).toEqual([2, 2, 2, 2]);
    all.push(...read[0]!);
  }
  expect(all.sort((a, b) => a - b)).toEqual(
    Array.from({ length: 4 * size * 2 }, (_, i) => 100 * Math.floor(i / (size * 2)) + (i % (size * 2))),
  );
  await buffer.remove();
  expect(readdirSync(folder)).not.toContain("dealt");
});
