import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { normal, random } from "../../core/random.ts";
import { onnxDevice } from "../../devices/onnx/device.ts";
import type { ActivationRows } from "./activation-rows.ts";
import { type DictionarySettings, DictionaryTrainer } from "./dictionary-trainer.ts";
import { sideOf } from "./normalisation.ts";
import type { Plan } from "./plan.ts";

const device = onnxDevice(ort as never, { threads: 1 });
const rows = 256;

const plan = (more: Partial<Plan> = {}): Plan => ({
  kind: "transcoders",
  layers: [0],
  dModel: 16,
  features: 32,
  activation: { kind: "topk", k: 3, rectified: false },
  skip: false,
  reads: "mlp.in",
  writes: "mlp.out",
  ...more,
});

const settings = (steps: number, more: Partial<DictionarySettings> = {}): DictionarySettings => ({
  seed: 1,
  schedule: { rate: 5e-3, steps, warmUp: 10, constant: 0.6, last: 0.03 },
  clip: 1,
  rows,
  silentAfter: 8 * rows,
  revival: { slots: 16, active: 4 },
  ...more,
});

/** A layer with 24 true features, three at a time, that reads along some directions and writes along others. */
class World {
  readonly reads: Float64Array[];
  readonly writes: Float64Array[];
  readonly dModel = 16;
  readonly features = 24;
  private readonly next = random(3);
  constructor() {
    const one = normal(this.next);
    const unit = () => {
      const v = Float64Array.from({ length: this.dModel }, one);
      const length = Math.hypot(...v);
      return v.map(x => x / length);
    };
    const { features } = this;
    this.reads = Array.from({ length: features }, unit);
    this.writes = Array.from({ length: features }, unit);
  }
  batch(): ActivationRows {
    const { dModel } = this;
    const read = new Float32Array(rows * dModel);
    const write = new Float32Array(rows * dModel);
    for (let r = 0; r < rows; r++)
      for (let n = 0; n < 3; n++) {
        const f = Math.floor(this.next() * this.features);
        const by = 0.5 + this.next();
        for (let i = 0; i < dModel; i++) {
          read[r * dModel + i]! += by * this.reads[f]![i]!;
          write[r * dModel + i]! += 7 * by * this.writes[f]![i]!;
        }
      }
    return { count: rows, read: [read], write: [write] };
  }
  normalisation() {
    const { read, write } = this.batch();
    return { read: [sideOf(read[0]!, this.dModel)], write: [sideOf(write[0]!, this.dModel)] };
  }
}

const cosine = (a: ArrayLike<number>, at: number, b: Float64Array): number => {
  let [ab, aa] = [0, 0];
  b.forEach((v, i) => {
    ab += a[at + i]! * v;
    aa += a[at + i]! ** 2;
  });
  return ab / Math.sqrt(aa);
};

test.each([
  ["top-k", plan()],
  ["thresholds", plan({ activation: { kind: "jumprelu", k: 3, bandwidth: 0.5, weight: 0.1 } })],
] as const)("true features of a made-up layer are found: what each writes is one decoder row (%s)", async (_, of) => {
  const world = new World();
  const trainer = await DictionaryTrainer.create(device, of, settings(600), world.normalisation());
  let last = 1;
  let active = 0;
  for (let step = 0; step < 600; step++) {
    const { layers } = await trainer.learn(world.batch());
    last = layers[0]!.unexplained;
    active = layers[0]!.active;
  }
  expect(last).toBeLessThan(0.12);
  expect(active).toBeGreaterThan(2);
  expect(active).toBeLessThan(4);
  const decoder = trainer.folded().get("decoder.0")!;
  const best = world.writes.map(w =>
    Math.max(...Array.from({ length: of.features }, (_, f) => cosine(decoder, f * of.dModel, w))),
  );
  const found = best.filter(c => c > 0.9).length;
  expect(found, best.map(c => c.toFixed(2)).join(" ")).toBeGreaterThanOrEqual(20);
  await trainer.release();
});

test("features that never fire come back, because they are taught what the others leave over", async () => {
  const shutAtEnd = async (silentAfter: number) => {
    const world = new World();
    const trainer = await DictionaryTrainer.create(
      device,
      plan(),
      settings(200, { silentAfter }),
      world.normalisation(),
    );
    const state = trainer.state();
    // Half of them are shut: no batch can wake them.
    state.find(t => t.name === "weight.encoderBias.0")!.data.fill(-3, 0, 16);
    for (let step = 0; step < 200; step++) await trainer.learn(world.batch());
    const since = state.find(t => t.name === "silent.0")!.data;
    await trainer.release();
    return since.filter(tokens => tokens >= 8 * rows).length;
  };
  const never = await shutAtEnd(1e9);
  expect(never).toBeGreaterThanOrEqual(12);
  expect(await shutAtEnd(8 * rows)).toBeLessThanOrEqual(never / 2);
});

test("a batch with a number that is none stops the run with a sentence", async () => {
  const world = new World();
  const trainer = await DictionaryTrainer.create(device, plan(), settings(3), world.normalisation());
  const batch = world.batch();
  batch.write[0]![5] = Number.NaN;
  await expect(trainer.learn(batch)).rejects.toThrow(/the loss is NaN/);
  await trainer.release();
});
