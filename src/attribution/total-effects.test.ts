import { describe, expect, test } from "vitest";
import { tinyFamilies, tinyGolden, tinyModel } from "../../test/golden/tiny.ts";
import { curveRatio } from "../core/ops/activation.ts";
import { float32, tensor } from "../core/tensor.ts";
import { forward, Places } from "../models/forward.ts";
import type { Recording } from "../models/record.ts";
import { recordRun } from "../models/record.ts";
import { stateOf } from "../models/state.ts";
import { totalEffects, unitPulls } from "./total-effects.ts";

const ids = (family: string) => tinyGolden(family).ids.slice(0, 8);

function direction(width: number) {
  return Float32Array.from({ length: width }, (_, i) => Math.sin(3 * i + 1));
}

async function answerOf(recording: Recording, final: Float32Array<ArrayBuffer>, d: Float32Array, scale?: number) {
  const { dModel, family } = recording.model.config;
  const at = final.slice(7 * dModel, 8 * dModel);
  const { normed, scale: own } = await recording.model.finalNorm(at);
  if (scale !== undefined) {
    // The final norm with the prompt's scale: undo its own.
    const beta = await recording.model.finalBias();
    for (let i = 0; i < dModel; i++) {
      const b = family.norm === "layer" && beta ? beta[i]! : 0;
      normed[i] = ((normed[i]! - b) / own[0]!) * scale + b;
    }
  }
  return normed.reduce((sum, v, i) => sum + v * d[i]!, 0);
}

/** The stream after the last layer when unit (layer, position, index) is moved by `by` and everything non-linear is held. */
async function frozenRun(recording: Recording, layer0: number, at: number, by: number) {
  const { model, tokens } = recording;
  const { dModel, dMlp, parallel, family, curve } = model.config;
  const places = new Places(model, 0, tokens);
  const shape = [1, tokens, dModel];
  let x = recording.residual[layer0]!;
  for (let layer = layer0; layer < model.layers; layer++) {
    const read = recording.read[layer]!;
    const mid = float32(
      (
        await (
          await model.program("attendFrozen", layer)
        ).run({ x: tensor(shape, x), x0: tensor(shape, recording.residual[layer]!), ...places.of(layer) })
      ).mid,
    );
    // The units read linearly: differences of the normed stream through the frozen ratios.
    const seen = parallel ? x : mid;
    const seen0 = (parallel ? recording.residual : recording.mid)[layer]!;
    const hidden = read.hidden!.slice();
    const norm = (await model.reader.read("norm2", layer)).data;
    const up = (await model.reader.read("up", layer)).data;
    const gate = family.mlp === "gated" ? (await model.reader.read("gate", layer)).data : undefined;
    for (let t = 0; t < tokens; t++) {
      const change = Float64Array.from({ length: dModel }, (_, i) => seen[t * dModel + i]! - seen0[t * dModel + i]!);
      if (family.norm === "layer") {
        const mean = change.reduce((a, b) => a + b, 0) / dModel;
        for (let i = 0; i < dModel; i++) change[i]! -= mean;
      }
      for (let i = 0; i < dModel; i++) change[i]! *= norm[i]! * read["norm2.scale"]![t]!;
      for (let u = 0; u < dMlp; u++) {
        let du = 0;
        let dg = 0;
        for (let i = 0; i < dModel; i++) {
          du += up[u * dModel + i]! * change[i]!;
          if (gate) dg += gate[u * dModel + i]! * change[i]!;
        }
        const k = t * dMlp + u;
        if (gate) {
          const s = curveRatio(curve, read.gate![k]!);
          hidden[k]! += 0.5 * s * (read.up![k]! * dg + read.gate![k]! * du);
        } else hidden[k]! += curveRatio(curve, read.up![k]!) * du;
      }
    }
    if (layer === layer0) hidden[at]! += by;
    const scale = recording.postScale[layer];
    x = float32(
      (
        await (
          await model.program("writeFrozen", layer)
        ).run({
          mid: tensor(shape, mid),
          hidden: tensor([1, tokens, dMlp], hidden),
          ...(scale ? { "recorded.postNorm2.scale": tensor([1, tokens, 1], scale) } : {}),
        })
      ).out,
    );
  }
  return x;
}

/** Largest difference within pairs, as a share of the largest number. */
function apart(pairs: readonly (readonly [number, number])[]): number {
  return Math.max(...pairs.map(([a, b]) => Math.abs(a - b))) / Math.max(...pairs.map(([, b]) => Math.abs(b)));
}

describe.each(tinyFamilies)("%s", family => {
  test("a neuron's total effect is what the frozen model loses without it, paths through other MLPs included", async () => {
    const model = await tinyModel(family);
    const recording = await recordRun(model, ids(family));
    const { dModel, dMlp } = model.config;
    const d = direction(dModel);
    const effects = await totalEffects(recording, { direction: d, position: 7 });
    const last = recording.residual[model.layers]!;
    const scale = (await model.finalNorm(last.slice(7 * dModel))).scale[0]!;
    const before = await answerOf(recording, last, d, scale);
    const pairs: [number, number][] = [];
    for (const [layer, position, index] of [
      [0, 7, 3],
      [0, 5, 11],
      [1, 6, 2],
      [model.layers - 1, 7, 4],
    ] as const) {
      const at = position * dMlp + index;
      // Ten times its size: the frozen model is linear, and float32 sees more of it.
      const by = -10 * recording.read[layer]!.hidden![at]!;
      const after = await answerOf(recording, await frozenRun(recording, layer, at, by), d, scale);
      pairs.push([effects[layer]![at]!, (before - after) / 10]);
    }
    expect(apart(pairs)).toBeLessThan(2e-3);
    await model.release();
  });

  test("pulls from a position on are the same, and before it there are none", async () => {
    const model = await tinyModel(family);
    const recording = await recordRun(model, ids(family));
    const { dModel, dMlp } = model.config;
    const answer = { direction: direction(dModel), position: 7 };
    const passes = recording.read.map(read => Uint8Array.from(read.hidden!, (_, i) => (i % 3 === 0 ? 0 : 1)));
    for (const options of [{ rule: "relp" }, { rule: "gradient" }, { rule: "gradient", passes }] as const) {
      const all = await unitPulls(stateOf(recording), answer, options);
      const late = await unitPulls(stateOf(recording), answer, { ...options, from: 5 });
      all.forEach((whole, layer) => {
        const largest = whole.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        expect(late[layer]!.subarray(0, 5 * dMlp).every(v => v === 0)).toBe(true);
        for (let i = 5 * dMlp; i < whole.length; i++)
          expect(Math.abs(late[layer]![i]! - whole[i]!)).toBeLessThanOrEqual(1e-5 * largest);
      });
    }
    await model.release();
  });

  test("the gradient is that of the live model, by finite differences; held units pass nothing on", async () => {
    const model = await tinyModel(family);
    const recording = await recordRun(model, ids(family));
    const { dModel, dMlp } = model.config;
    const d = direction(dModel);
    const pulls = await unitPulls(stateOf(recording), { direction: d, position: 7 }, { rule: "gradient" });
    const run = async (layer0: number, at: number, by: number, hold = false) => {
      const x = await forward(model, [recording.ids], {
        stages: {
          hidden(layer, hidden) {
            if (hold && layer > layer0) hidden.set(recording.read[layer]!.hidden!);
            if (layer === layer0) hidden[at]! += by;
          },
        },
      });
      return answerOf(recording, x, d);
    };
    const none = recording.read.map(read => new Uint8Array(read.hidden!.length));
    const held = await unitPulls(stateOf(recording), { direction: d, position: 7 }, { rule: "gradient", passes: none });
    const by = 0.02;
    const pairs: [number, number][] = [];
    for (const [layer, position, index] of [
      [0, 7, 3],
      [0, 5, 11],
      [1, 6, 2],
    ] as const) {
      const at = position * dMlp + index;
      const slope = ((await run(layer, at, by)) - (await run(layer, at, -by))) / (2 * by);
      pairs.push([pulls[layer]![at]!, slope]);
      const direct = ((await run(layer, at, by, true)) - (await run(layer, at, -by, true))) / (2 * by);
      pairs.push([held[layer]![at]!, direct]);
    }
    expect(apart(pairs)).toBeLessThan(1e-2);
    await model.release();
  });
});
