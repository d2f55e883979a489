/** Dictionaries for tests: one input through all of one, and ones of random numbers. */

import { rebuild } from "../src/features/dictionary/decode.ts";
import { encode } from "../src/features/dictionary/encode.ts";
import type { Product } from "../src/features/dictionary/product.ts";
import type { Active } from "../src/features/dictionary/select.ts";
import type { Activation, Dictionary, DictionaryLayer, Hook } from "../src/formats/dictionaries/dictionary.ts";
import type { Matrix } from "../src/formats/dictionaries/matrix.ts";

/** Every layer reads the same x [n, dModel]. */
export async function decode({ layers }: Dictionary, x: Float32Array<ArrayBuffer>, product: Product) {
  const active = await Promise.all(layers.map(layer => encode(layer, x, product)));
  return {
    active,
    out: await rebuild(
      layers,
      active,
      layers.map(() => x),
      product,
    ),
  };
}

/** [n, features] */
export function dense(active: Active, n: number, features: number): Float32Array {
  const out = new Float32Array(n * features);
  active.index.forEach((index, i) => {
    out[active.position[i]! * features + index] = active.value[i]!;
  });
  return out;
}

/** A matrix in memory, kept turned or not. `fill(feature, column)` gives its numbers. */
export function memoryMatrix(
  rows: number,
  width: number,
  fill: (row: number, column: number) => number,
  turned = false,
): Matrix {
  const [outer, inner] = turned ? [width, rows] : [rows, width];
  const data = new Float32Array(rows * width);
  for (let i = 0; i < outer; i++)
    for (let j = 0; j < inner; j++) data[i * inner + j] = turned ? fill(j, i) : fill(i, j);
  return {
    name: "a matrix in memory",
    rows,
    width,
    turned,
    read: async (start, end) => data.slice(start * inner, end * inner),
  };
}

export interface Made {
  readonly dModel: number;
  readonly layers: number;
  readonly features: number;
  readonly cross: boolean;
  readonly skip: boolean;
  readonly turned: boolean;
  readonly activation: "relu" | "jumprelu" | "topk" | "groupmax";
  readonly reads: Hook;
  readonly writes: Hook;
  readonly centred?: boolean;
}

/** A dictionary of random numbers. */
export function madeDictionary(made: Made, random: () => number): Dictionary {
  const { dModel, features } = made;
  const r = (size: number) => (random() * 2 - 1) * size;
  const vector = (length: number, size: number) => Float32Array.from({ length }, () => r(size));
  const activation = (): Activation => {
    switch (made.activation) {
      case "relu":
        return { kind: "relu" };
      case "jumprelu":
        return { kind: "jumprelu", threshold: vector(features, 0.5).map(Math.abs) };
      case "topk":
        return { kind: "topk", k: 5, rectified: false };
      case "groupmax":
        return { kind: "groupmax", k: 4 };
    }
  };
  return {
    name: "made up",
    kind: made.cross ? "cross-layer" : "transcoders",
    format: "none",
    reads: made.reads,
    writes: made.writes,
    dModel,
    notes: [],
    layers: Array.from({ length: made.layers }, (_, layer): DictionaryLayer => {
      const outputs = made.cross ? made.layers - layer : 1;
      return {
        layer,
        features,
        dModel,
        outputs,
        encoder: memoryMatrix(features, dModel, () => r(0.3), made.turned),
        decoder: memoryMatrix(features, dModel * outputs, () => r(0.3)),
        encoderBias: vector(features, 0.2),
        decoderBias: vector(dModel, 0.2),
        activation: activation(),
        ...(made.skip ? { skip: vector(dModel * dModel, 0.2) } : {}),
        ...(made.centred ? { centre: vector(dModel, 0.2) } : {}),
      };
    }),
  };
}
