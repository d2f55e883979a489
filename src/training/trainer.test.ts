import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { Problem } from "../core/problem.ts";
import { onnxDevice } from "../devices/onnx/device.ts";
import { memoryBytes } from "../formats/bytes.ts";
import { safetensors } from "../formats/safetensors.ts";
import { modelConfig } from "../models/config.ts";
import { forward } from "../models/forward.ts";
import { Model } from "../models/model.ts";
import { judgeOf, type Question } from "./accuracy.ts";
import { checkpointOf, openCheckpoint } from "./checkpoint.ts";
import type { Batch } from "./corpus/pack.ts";
import { hash } from "./corpus/random.ts";
import { modelFile } from "./export.ts";
import { usualSchedule } from "./optimiser/schedule.ts";
import { specimenConfig } from "./shape.ts";
import { lossInputs } from "./step-inputs.ts";
import { train } from "./train.ts";
import { Trainer, type TrainerSettings } from "./trainer.ts";

const device = onnxDevice(ort as never, { threads: 2 });
const record = specimenConfig({ dModel: 16, layers: 2, heads: 2, dMlp: 32 }, 12, { bos: 0, eos: 1 });
const config = modelConfig(record);
const [rows, length] = [8, 12];
const settings = (steps: number): TrainerSettings => ({
  seed: 1,
  schedule: { ...usualSchedule, rate: 1e-2, warmUp: 5, steps },
  decay: 0.1,
  clip: 1,
  rows,
  length,
});

/** <bos>, five tokens, and five that count on from the last. */
function* counting(fromStep: number): Generator<Batch> {
  for (let step = fromStep; ; step++) {
    const ids = new Int32Array(rows * length).fill(1);
    const targets = new Int32Array(rows * length).fill(-1);
    for (let r = 0; r < rows; r++) {
      ids[r * length] = 0;
      for (let i = 1; i <= 5; i++) ids[r * length + i] = 2 + (hash(`${step} ${r} ${i}`) % 10);
      for (let i = 6; i <= 10; i++) ids[r * length + i] = 2 + ((ids[r * length + i - 1]! + 1) % 10);
      for (let i = 5; i < 10; i++) targets[r * length + i] = ids[r * length + i + 1]!;
    }
    const positions = Int32Array.from({ length: rows * length }, (_, i) => i % length);
    const zeros = new Int32Array(rows * length);
    const mask = { start: zeros, first: zeros, last: new Int32Array(rows * length).fill(length - 1) };
    yield { rows, length, ids, targets, positions, mask, tokens: rows * 5 };
  }
}

const join = (pieces: Iterable<Uint8Array>) => {
  const all = [...pieces];
  const out = new Uint8Array(all.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of all) {
    out.set(p, at);
    at += p.length;
  }
  return out;
};

const never = { judgeEvery: 1e9, saveEvery: 1e9 };

test("a run that was interrupted and resumed ends with the same weights, bit for bit", async () => {
  const whole = await Trainer.create(device, config, settings(24));
  const losses: number[] = [];
  await train(whole, { batches: counting, ...never, report: r => void losses.push(r.loss) });
  expect(losses).toHaveLength(24);

  const aborted = new AbortController();
  let saved = new Uint8Array();
  const first = await Trainer.create(device, config, settings(24));
  const interrupted = train(first, {
    batches: counting,
    ...never,
    signal: aborted.signal as never,
    report: r => {
      if (r.step === 11) aborted.abort();
    },
    save: async trainer => {
      saved = join(checkpointOf(trainer, "test"));
    },
  });
  await expect(interrupted).rejects.toThrow(/abort/i);

  const checkpoint = await openCheckpoint<TrainerSettings>(memoryBytes(saved));
  expect(checkpoint.step).toBe(11);
  expect(checkpoint.run).toBe("test");
  const second = await Trainer.create(device, config, { ...checkpoint.settings, seed: 99 });
  await second.restore(checkpoint.step, checkpoint.read);
  const rest: number[] = [];
  await train(second, { batches: counting, ...never, report: r => void rest.push(r.loss) });
  expect(rest).toEqual(losses.slice(11));
  for (const [name, data] of whole.values) expect(second.values.get(name), name).toEqual(data);
  await Promise.all([whole, first, second].map(t => t.release()));
});

test("a pull towards few units makes a token use fewer than the same training without it", async () => {
  const breadthAfter = async (fewUnits: number): Promise<number> => {
    const trainer = await Trainer.create(device, config, { ...settings(60), aids: { fewUnits } });
    let last = Number.NaN;
    await train(trainer, { batches: counting, ...never, report: r => void (last = r.breadth!) });
    await trainer.release();
    return last;
  };
  expect(await breadthAfter(0.5)).toBeLessThan(0.8 * (await breadthAfter(0)));
});

test("the pull towards few units falls with the learning rate", () => {
  const pull = (share?: number) =>
    lossInputs(config, counting(0).next().value as Batch, { fewUnits: 0.5 }, share).pull!.data;
  expect([...pull()]).toEqual([0.5]);
  expect([...pull(0.25)]).toEqual([0.125]);
});

test("who goes on from trained weights begins with them, and changes none of the originals", async () => {
  const first = await Trainer.create(device, config, settings(5));
  await train(first, { batches: counting, ...never });
  const kept = new Map([...first.values].map(([name, data]) => [name, data.slice()]));
  const second = await Trainer.create(device, config, { ...settings(5), seed: 9 }, first.values);
  for (const [name, data] of kept) expect(second.values.get(name), name).toEqual(data);
  await train(second, { batches: counting, ...never });
  expect(second.values.get("embedding")).not.toEqual(kept.get("embedding"));
  expect(first.values).toEqual(kept);
  await Promise.all([first, second].map(t => t.release()));
});

test("an aid changes what is learnt, and its head is no part of the model", async () => {
  const aids = { concepts: { count: 3, weight: 1, readAfter: 0, placedAfter: 0, saidAfter: 1 } };
  function* named(fromStep: number): Generator<Batch> {
    const read = Int32Array.from({ length: rows * length }, (_, i) => (i % length === 3 ? 1 : -1));
    for (const batch of counting(fromStep))
      yield { ...batch, concepts: { read, placed: read, said: read, instead: new Uint8Array(rows * length) } };
  }
  const aided = await Trainer.create(device, config, { ...settings(8), aids });
  const plain = await Trainer.create(device, config, settings(8));
  await train(aided, { batches: named, ...never });
  await train(plain, { batches: named, ...never });
  expect(aided.values.get("embedding")).not.toEqual(plain.values.get("embedding"));
  expect(aided.size).toBe(plain.size);
  expect(aided.parameters).toEqual(plain.parameters);
  expect(Object.keys(aided.weights())).toEqual(Object.keys(plain.weights()));
  // But it is part of what a run goes on from.
  expect(aided.state().map(t => t.name)).toContain("weight.concepts");
  await Promise.all([aided.release(), plain.release()]);
});

test("it learns to count; the judge says so; and the saved model, loaded like any other, says the same", async () => {
  const questions: Question[] = [];
  const source = counting(1e6);
  for (let b = 0; b < 4; b++) {
    const { ids } = source.next().value as Batch;
    for (let r = 0; r < rows; r++) {
      const row = [...ids.subarray(r * length, r * length + 11)];
      questions.push({ task: `part ${b % 2}`, prompt: row.slice(0, 6), answers: [[11, 11], row.slice(6)] });
    }
  }
  const judge = await judgeOf(device, config, questions);
  const trainer = await Trainer.create(device, config, settings(250));
  const before = await judge.ask(trainer.weights());
  expect(before.map(a => a.of)).toEqual([16, 16]);
  expect(before[0]!.right).toBeLessThan(4);
  await train(trainer, { batches: counting, ...never });
  const after = await judge.ask(trainer.weights());
  expect(after[0]!.right + after[1]!.right).toBeGreaterThan(28);

  const file = join(modelFile(config, trainer.parameters, trainer.values));
  const model = new Model("counter", record, await safetensors(memoryBytes(file)), device);
  let right = 0;
  for (const { prompt, answers } of questions) {
    const ids = [...prompt];
    for (let i = 0; i < 5; i++) {
      const x = await forward(model, [ids]);
      const logits = await model.logits(x.slice(-config.dModel));
      ids.push(logits.indexOf(Math.max(...logits)));
    }
    if (ids.slice(6).join() === answers[1]!.join()) right++;
  }
  expect(right).toBe(after[0]!.right + after[1]!.right);
  await Promise.all([trainer.release(), judge.release(), model.release()]);
});

test("a loss that is no number stops the run with a sentence", async () => {
  const trainer = await Trainer.create(device, config, settings(3));
  trainer.values.get("finalNorm")!.fill(Number.NaN);
  await expect(train(trainer, { batches: counting, ...never })).rejects.toThrow(Problem);
  await expect(
    openCheckpoint(memoryBytes(join(modelFile(config, trainer.parameters, trainer.values)))),
  ).rejects.toThrow(/not a checkpoint/);
  await trainer.release();
});
