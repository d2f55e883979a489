import { describe, expect, test } from "vitest";
import { decode, dense, type Made, madeDictionary, memoryMatrix } from "../../../test/dictionary-world.ts";
import { sendForward } from "../../../test/golden/frozen-forward.ts";
import { onnx, tinyFamilies, tinyGolden, tinyModel } from "../../../test/golden/tiny.ts";
import { numbers } from "../../../test/golden-graph.ts";
import { attribute } from "../../attribution/attribute.ts";
import { logitTargets } from "../../attribution/target.ts";
import { Problem, sentence } from "../../core/problem.ts";
import type { Dictionary, DictionaryLayer, Hook } from "../../formats/dictionaries/dictionary.ts";
import { recordRun } from "../../models/record.ts";
import { dictionaryBasis } from "./basis.ts";
import { encode } from "./encode.ts";
import { silentPositionsOf } from "./encoded-prompt.ts";
import { Places } from "./places.ts";
import { Product } from "./product.ts";
import type { Active } from "./select.ts";

const show = (id: number) => `#${id}`;
const plain: Made = {
  dModel: 32,
  layers: 3,
  features: 24,
  cross: false,
  skip: false,
  turned: false,
  activation: "relu",
  reads: "mid",
  writes: "mlp.out",
};

async function traced(family: string, dictionary: (made: Made) => Dictionary, tokens = 7, silent?: number) {
  const model = await tinyModel(family);
  const size = { ...plain, dModel: model.config.dModel, layers: model.layers };
  const basis = dictionaryBasis(dictionary(size), model, silent === undefined ? {} : { silentPositions: silent });
  const recording = await recordRun(model, tinyGolden(family).ids.slice(0, tokens), { readTaps: basis.readTaps });
  const prompt = await basis.on(recording);
  const targets = await logitTargets(recording, [{ id: 7 }, { id: 11, foil: 30 }], show);
  const result = await attribute(recording, prompt, targets, { expand: Number.POSITIVE_INFINITY });
  return { model, recording, prompt, targets, result };
}

describe.each(tinyFamilies)("%s", family => {
  test("rows add up for every place to read and write, activation, skip, turned and cross-layer matrices", async () => {
    const random = numbers(11);
    const pick = <T>(list: readonly T[], i: number): T => list[i % list.length]!;
    let i = 0;
    for (const reads of ["mid", "normalized", "mlp.in"] as const) {
      for (const writes of ["mlp.raw", "mlp.out"] as const) {
        const change: Partial<Made> = {
          reads,
          writes,
          activation: pick(["relu", "jumprelu", "topk", "groupmax"], i),
          skip: i % 3 !== 0,
          turned: i % 2 === 0,
          cross: pick([true, false, false, true], i),
          centred: i % 4 === 1,
        };
        i++;
        const { result, model, prompt } = await traced(family, size => madeDictionary({ ...size, ...change }, random));
        expect(prompt.count).toBeGreaterThan(20);
        expect(result.expanded).toBe(prompt.count);
        expect(result.rowSum, JSON.stringify(change)).toBeLessThan(1e-5);
        expect(result.frozenTargets, JSON.stringify(change)).toBeLessThan(1e-5);
        await model.release();
      }
    }
  });

  test("a feature's edge is what arrives when all that it writes is sent forward through the frozen model in float64", async () => {
    const random = numbers(5);
    const { result, model, prompt, targets, recording } = await traced(family, size =>
      madeDictionary({ ...size, cross: true, reads: "mlp.in", writes: "mlp.raw" }, random),
    );
    const units = Array.from({ length: 6 }, (_, k) => Math.floor(((k + 0.5) / 6) * prompt.count));
    const written = [];
    for (const [column, unit] of units.entries()) {
      const { layer, position } = prompt.place(unit);
      for (let to = layer; to < model.layers; to++)
        written.push({ column, layer: to, position, vector: await prompt.decoderAt(unit, to) });
    }
    const arrived = await sendForward(recording, written);
    const { graph } = result;
    for (const [column, unit] of units.entries()) {
      for (const [t, target] of targets.entries()) {
        let expected = 0;
        written.forEach((w, s) => {
          if (w.column !== column) return;
          for (let i = 0; i < target.vector.length; i++)
            expected += target.vector[i]! * arrived.final[s]![target.position * target.vector.length + i]!;
        });
        let found = 0;
        for (let e = graph.rowStart[t]!; e < graph.rowStart[t + 1]!; e++) {
          const node = graph.nodes[graph.source[e]!]!;
          if (node.kind === "unit" && prompt.number(node) === unit) found += graph.weight[e]!;
        }
        expect(Math.abs(found - expected)).toBeLessThan(1e-5 + 1e-4 * Math.abs(expected));
      }
    }
    await model.release();
  });

  test("through a norm after the MLP, what is written and how it is pulled back belong together", async () => {
    const model = await tinyModel(family);
    const { dModel, dMlp } = model.config;
    const recording = await recordRun(model, tinyGolden(family).ids.slice(0, 5));
    const places = new Places(recording, "mid", "mlp.raw");
    const random = numbers(3);
    const some = () => Float32Array.from({ length: 5 * dModel }, () => random() - 0.5);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    const [row, pull] = [some(), some()];
    const forward = dot(pull, await places.written(1, row));
    expect(dot(await places.writing(1, pull, 5), row)).toBeCloseTo(forward, 4);
    // The MLP's own output before the norm, worked out here, arrives as the output that was recorded.
    const down = (await model.reader.read("down", 1)).data;
    const bias = model.reader.has("down.bias", 1) ? (await model.reader.read("down.bias", 1)).data : undefined;
    const hidden = recording.read[1]!.hidden!;
    const raw = Float32Array.from({ length: 5 * dModel }, (_, at) => {
      const [p, i] = [Math.floor(at / dModel), at % dModel];
      let sum = bias?.[i] ?? 0;
      for (let j = 0; j < dMlp; j++) sum += hidden[p * dMlp + j]! * down[i * dMlp + j]!;
      return sum;
    });
    (await places.written(1, raw)).forEach((v, at) => {
      expect(v).toBeCloseTo(recording.mlpOut[1]![at]!, 4);
    });
    await model.release();
  });
});

test("silent positions have no features and no errors, but one coarse node a layer, and rows still add up", async () => {
  const { result, prompt, model } = await traced("gemma3_text", size => madeDictionary(size, numbers(2)), 7, 4);
  for (let unit = 0; unit < prompt.count; unit++) expect(prompt.place(unit).position).toBeGreaterThanOrEqual(4);
  const kinds = (position: number) => prompt.vectors(1)[position]!.kind;
  expect([0, 3, 4, 6].map(kinds)).toEqual(["mlp", "mlp", "error", "error"]);
  expect(result.rowSum).toBeLessThan(1e-5);
  expect(silentPositionsOf([2, 105, 2364, 107, 9])).toBe(4);
  expect(silentPositionsOf([2, 105, 9, 107])).toBe(1);
  const alone = await traced("gemma3_text", size => madeDictionary(size, numbers(2)), 1);
  expect(alone.prompt.count).toBe(0);
  expect(alone.result.rowSum).toBeLessThan(1e-5);
  await alone.model.release();
  await model.release();
});

describe("what does not fit is refused with numbers and places", () => {
  const said = async (change: (made: Made) => Dictionary) => {
    const error = await traced("llama", change).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    return sentence(error);
  };
  const make = (made: Made) => madeDictionary(made, numbers(1));

  test("another width", async () => {
    expect(await said(made => make({ ...made, dModel: 24 }))).toMatch(
      /are 24 wide, but the residual stream here is 32/,
    );
  });
  test("fewer and more layers than the model", async () => {
    expect(await said(made => make({ ...made, layers: made.layers - 1 }))).toMatch(
      /has \d layers and the model \d: layer \d is missing/,
    );
    expect(await said(made => make({ ...made, layers: made.layers + 2 }))).toMatch(
      /reaches layer \d, and the model ends with/,
    );
  });
  test("a model of another family, however well the shapes agree", async () => {
    expect(await said(made => ({ ...make(made), madeFor: "google/gemma-2-2b" }))).toMatch(
      /made for google\/gemma-2-2b, a gemma2 model, and llama is a llama model/,
    );
  });
  test("autoencoders and places that stand for no MLP", async () => {
    expect(await said(made => ({ ...make(made), kind: "autoencoders", reads: "residual.out" }))).toMatch(
      /no circuit can be traced/,
    );
    for (const [reads, writes] of [
      ["residual.out", "mlp.out"],
      ["mid", "residual.out"],
    ] as [Hook, Hook][])
      expect(await said(made => make({ ...made, reads, writes }))).toMatch(/a circuit needs features that read/);
  });
  test("NaN in an encoder, or in a decoder row that is used", async () => {
    const spoil = (part: "encoder" | "decoder") => (made: Made) => {
      const dictionary = make(made);
      const layers = dictionary.layers.map((layer): DictionaryLayer => {
        if (layer.layer !== 1) return layer;
        return { ...layer, [part]: { ...memoryMatrix(24, 32, () => Number.NaN), name: `W_${part} in layer_1` } };
      });
      return { ...dictionary, layers };
    };
    expect(await said(spoil("encoder"))).toContain("W_encoder in layer_1 holds NaN for feature 0");
    expect(await said(spoil("decoder"))).toMatch(/W_decoder in layer_1 holds NaN for feature \d+/);
  });
});

test("a dictionary that rebuilds nothing here is remarked on, with the model that it was made for", async () => {
  const { prompt, model } = await traced("llama", size => ({
    ...madeDictionary(size, numbers(4)),
    madeFor: "other/model",
  }));
  expect(prompt.notes.join()).toMatch(/share explained, median of layers: -\d[\s\S]*made for other\/model/);
  await model.release();
});

test("an encoder larger than a piece gives the same, turned or not, on the device or not", async () => {
  const features = 270_000;
  const dModel = 16;
  const fill = (row: number, column: number) => {
    const v = Math.sin(row * 12.9898 + column * 78.233) * 43758.5453;
    return v - Math.floor(v) - 0.5;
  };
  const x = Float32Array.from({ length: 2 * dModel }, (_, i) => Math.cos(i * 1.7));
  const base: DictionaryLayer = {
    ...madeDictionary({ ...plain, dModel, features: 4, layers: 1 }, numbers(1)).layers[0]!,
    features,
    encoderBias: new Float32Array(features).fill(-7),
    activation: { kind: "topk", k: 30, rectified: false },
  };
  const all: Active[] = [];
  for (const turned of [false, true])
    for (const small of [0, 1e12])
      all.push(
        await encode({ ...base, encoder: memoryMatrix(features, dModel, fill, turned) }, x, new Product(onnx, small)),
      );
  expect(all[0]!.index.length).toBe(60);
  for (const other of all.slice(1)) {
    expect([...other.index]).toEqual([...all[0]!.index]);
    other.value.forEach((v, i) => {
      expect(v).toBeCloseTo(all[0]!.value[i]!, 4);
    });
  }
});

test("topk keeps signs unless it is rectified; groupmax keeps one a group", async () => {
  const layer = (activation: DictionaryLayer["activation"]): DictionaryLayer => ({
    ...madeDictionary({ ...plain, dModel: 1, features: 6, layers: 1 }, numbers(1)).layers[0]!,
    encoder: memoryMatrix(6, 1, row => [3, -1, 2, -2, 1, 0.5][row]!),
    encoderBias: new Float32Array(6),
    activation,
  });
  const active = async (activation: DictionaryLayer["activation"]) => {
    const dictionary = {
      ...madeDictionary({ ...plain, dModel: 1, features: 6, layers: 1 }, numbers(1)),
      layers: [layer(activation)],
    };
    const { active: found } = await decode(dictionary, Float32Array.from([1, -1]), new Product(onnx));
    return [...dense(found[0]!, 2, 6)];
  };
  expect(await active({ kind: "topk", k: 5, rectified: false })).toEqual([3, -1, 2, 0, 1, 0.5, 0, 1, -2, 2, -1, -0.5]);
  expect(await active({ kind: "topk", k: 5, rectified: true })).toEqual([3, 0, 2, 0, 1, 0.5, 0, 1, 0, 2, 0, 0]);
  expect(await active({ kind: "groupmax", k: 3 })).toEqual([3, 0, 2, 0, 1, 0, 0, 1, 0, 2, 0, 0]);
});
