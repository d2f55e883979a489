import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { input, type Outputs } from "../core/expr.ts";
import { random } from "../core/random.ts";
import { evaluate } from "../core/readings/evaluate.ts";
import { countOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { onnxDevice } from "../devices/onnx/device.ts";
import { modelConfig } from "../models/config.ts";
import type { Batch } from "./corpus/pack.ts";
import { breadth, conceptHead, decoderTraining } from "./decoder-loss.ts";
import { initialValues, parametersOf } from "./parameters.ts";
import { specimenConfig } from "./shape.ts";
import { lossInputs } from "./step-inputs.ts";

const config = modelConfig(specimenConfig({ dModel: 8, layers: 2, heads: 2, dMlp: 12 }, 11, { bos: 0, eos: 1 }));

/** Two rows of five tokens; in the first two documents, of which the second begins at place 3. */
const batch: Batch = {
  rows: 2,
  length: 5,
  ids: Int32Array.of(0, 3, 3, 0, 5, 0, 4, 9, 3, 10),
  targets: Int32Array.of(3, 3, -1, 5, -1, 4, 9, 3, 10, -1),
  positions: Int32Array.of(0, 1, 2, 0, 1, 0, 1, 2, 3, 4),
  mask: {
    start: Int32Array.of(0, 0, 0, 3, 3, 0, 0, 0, 0, 0),
    first: Int32Array.of(0, 0, 0, 3, 3, 0, 0, 0, 2, 2),
    last: Int32Array.of(4, 4, 4, 4, 4, 4, 2, 4, 4, 4),
  },
  tokens: 7,
};

/** Larger than at the start of training, so that every part of the program matters; gains are not all 1. */
function weights(): Record<string, Tensor> {
  const next = random(3);
  const values = initialValues(config, 5);
  return Object.fromEntries(
    parametersOf(config).map(({ name, shape, kind }) => {
      const by = kind === "table" ? 40 : kind === "matrix" ? 3 : 1;
      return [
        name,
        tensor(
          shape,
          values.get(name)!.map(v => v * by + (kind === "gain" ? next() - 0.5 : 0)),
        ),
      ];
    }),
  );
}

const outputs = decoderTraining(config);
const given = { ...weights(), ...lossInputs(config, batch) };

/** Four concepts: two words read and one answer said, after the first layer and the second. */
const aid = { concepts: { count: 4, weight: 0.7, readAfter: 0, placedAfter: 0, saidAfter: 1 } };
const concepts = {
  read: Int32Array.of(-1, 2, -1, -1, 0, -1, -1, -1, -1, -1),
  placed: Int32Array.of(-1, -1, 1, -1, -1, -1, -1, -1, -1, -1),
  said: Int32Array.of(-1, -1, -1, -1, -1, -1, -1, -1, 3, -1),
  instead: new Uint8Array(10),
};
const head = tensor(
  [4, config.dModel],
  Float32Array.from({ length: 4 * config.dModel }, (_, i) => Math.sin(i)),
);
const aided = decoderTraining(config, aid);
const givenAid = { ...given, [conceptHead]: head, ...lossInputs(config, { ...batch, concepts }, aid) };

test("every weight of a two-layer decoder has a gradient, and it is what finite differences measure", () => {
  differencesOf(outputs, given, parametersOf(config));
});

test("with concepts to name as well, every weight's gradient is still right, the head's too; without any the loss is the plain one", () => {
  differencesOf(aided, givenAid, [...parametersOf(config), { name: conceptHead, shape: [4, config.dModel] }]);
  const plain = evaluate({ loss: outputs.loss! }, given).loss!.data[0]!;
  const of = (more: Record<string, Tensor>) => evaluate({ loss: aided.loss! }, { ...givenAid, ...more }).loss!.data[0]!;
  expect(of({})).toBeGreaterThan(plain + 0.1);
  expect(of(lossInputs(config, batch, aid))).toBeCloseTo(plain, 9);
});

/** The same, and at the first word what it stands for takes its place. */
const aidInstead = { concepts: { ...aid.concepts, instead: true } };
const instead = Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
const toldInstead = decoderTraining(config, aidInstead);
const givenInstead = {
  ...givenAid,
  ...lossInputs(config, { ...batch, concepts: { ...concepts, instead } }, aidInstead),
};

test("with a concept in a word's place the gradients are right, and what follows no longer depends on the word", () => {
  differencesOf(toldInstead, givenInstead, [...parametersOf(config), { name: conceptHead, shape: [4, config.dModel] }]);
  // Of token 1's word only what comes after it is asked, which sees tokens 1 and 2 of the same document.
  const targets = Int32Array.from(batch.targets, (t, i) => (i === 1 ? t : -1));
  const nothing = new Int32Array(10).fill(-1);
  const lossOf = (id: number, given: Uint8Array) => {
    const ids = Int32Array.from(batch.ids, (old, i) => (i === 1 ? id : old));
    const only = { ...concepts, placed: nothing, said: nothing, instead: given };
    const inputs = lossInputs(config, { ...batch, ids, targets, tokens: 1, concepts: only }, aidInstead);
    // The concept is still to stand there, and is not asked for.
    const unasked = { readWeight: tensor([2, 5, 1], new Float32Array(10)) };
    return evaluate({ loss: toldInstead.loss! }, { ...givenInstead, ...inputs, ...unasked }).loss!.data[0]!;
  };
  const move = (given: Uint8Array) => Math.abs(lossOf(3, given) - lossOf(8, given));
  expect(move(new Uint8Array(10))).toBeGreaterThan(0.05);
  expect(move(instead)).toBeLessThan(move(new Uint8Array(10)) / 5);
  expect(lossOf(3, new Uint8Array(10))).not.toBeCloseTo(lossOf(3, instead), 3);
});

function differencesOf(
  outputs: Outputs,
  given: Readonly<Record<string, Tensor>>,
  parameters: readonly { readonly name: string; readonly shape: readonly number[] }[],
): void {
  const told = evaluate(outputs, given);
  for (const { name, shape } of parameters) {
    const at = 4 % countOf(shape);
    const step = 1e-5;
    const moved = (by: number): number => {
      const data = Float64Array.from(given[name]!.data);
      data[at]! += by;
      return evaluate({ loss: outputs.loss! }, { ...given, [name]: tensor(shape, data) }).loss!.data[0]!;
    };
    const measured = (moved(step) - moved(-step)) / (2 * step);
    expect(Math.abs(measured), `${name} moves the loss`).toBeGreaterThan(1e-7);
    expect(told[`gradient.${name}`]!.data[at], name).toBeCloseTo(measured, 7);
  }
}

const few = decoderTraining(config, { fewUnits: 0.3 });
const givenFew = { ...given, ...lossInputs(config, batch, { fewUnits: 0.3 }) };

test("with few units asked for, every weight's gradient is still right", () => {
  differencesOf(few, givenFew, parametersOf(config));
});

test("breadth is the root of how many units a token uses: what they write counts, not how much in all", () => {
  const down = tensor([2, 4], Float32Array.of(3, 3, 0, 0, 4, 4, 5, 5));
  const told = (hidden: readonly number[], by = 1) => {
    const given = {
      hidden: tensor(
        [1, 1, 4],
        Float32Array.from(hidden, h => h * by),
      ),
      down,
    };
    const outputs = { b: breadth(input("hidden", [1, 1, 4]), input("down", [2, 4])) };
    return evaluate(outputs, given).b!.data[0]!;
  };
  expect(told([1, -1, 1, 1])).toBeCloseTo(2, 4);
  expect(told([0, -2, 0, 0])).toBeCloseTo(1, 4);
  expect(told([1, 0, -1, 0])).toBeCloseTo(Math.SQRT2, 4);
  expect(told([1, 0, -1, 0], 50)).toBeCloseTo(Math.SQRT2, 4);
  // A tenth of what the other writes: (1.1)² / 1.01
  expect(told([1, 0.1, 0, 0]) ** 2).toBeCloseTo(1.21 / 1.01, 4);
});

test.each([
  ["the plain loss", outputs, given],
  ["with concepts to name", aided, givenAid],
  ["with few units", few, givenFew],
  ["with a concept in a word's place", toldInstead, givenInstead],
])("onnxruntime gives the reference's loss and gradients: %s", async (_, outputs, given) => {
  const told = evaluate(outputs, given);
  const program = await onnxDevice(ort as never).compile(outputs, {});
  const found = await program.run(given);
  await program.release();
  for (const name of Object.keys(outputs)) {
    const top = Math.max(...Array.from(told[name]!.data, Math.abs));
    told[name]!.data.forEach((v, i) => {
      expect(Math.abs(found[name]!.data[i]! - v) / top, `${name}[${i}]`).toBeLessThan(1e-4);
    });
  }
});

test("documents of one row do not see each other, and a target without weight changes nothing", () => {
  const loss = (changed: Partial<Batch>) =>
    evaluate({ loss: outputs.loss! }, { ...given, ...lossInputs(config, { ...batch, ...changed }) }).loss!.data[0]!;
  const only = { targets: Int32Array.from(batch.targets, (t, i) => (i === 3 ? t : -1)), tokens: 1 };
  const ids = Int32Array.from(batch.ids);
  ids[1] = 7; // in the first document; the loss is of the second
  expect(loss({ ...only, ids })).toBe(loss(only));
  ids[3] = 7;
  expect(loss({ ...only, ids })).not.toBe(loss(only));
});
