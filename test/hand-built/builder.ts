/**
 * Models with circuits built by hand, weight by weight, so that what an attribution should find is known.
 *
 * GPT-2's arithmetic with ReLU. A feature is a pair of dimensions that hold v and −v, so the mean is always zero; a large
 * constant pair keeps the norm's scale all but fixed. Norms then hand the stream on as it is.
 */
import { normal, random } from "../../src/core/random.ts";
import type { Weights } from "../../src/formats/weights.ts";
import { Model } from "../../src/models/model.ts";
import { onnx } from "../golden/tiny.ts";

const CONSTANT = 40;

export interface HandUnit {
  readonly reads: Readonly<Record<string, number>>;
  readonly bias: number;
  readonly writes: Readonly<Record<string, number>>;
}

export interface HandHead {
  /** Query feature, key feature, strength of the score. */
  readonly match: readonly (readonly [query: string, key: string, strength: number])[];
  /** What is moved from where the head looks, and as what. */
  readonly move: readonly (readonly [from: string, to: string])[];
}

export interface HandBuilt {
  readonly features: readonly string[];
  readonly tokens: readonly { readonly name: string; readonly is: Readonly<Record<string, number>> }[];
  readonly positions: readonly Readonly<Record<string, number>>[];
  readonly layers: readonly { readonly heads: readonly HandHead[]; readonly units: readonly HandUnit[] }[];
  /** Logit of a token: this many times the feature. */
  readonly says: readonly (readonly [token: string, feature: string, times: number])[];
  /** Units that mean nothing, in each layer, with weights of this size. */
  readonly noise: { readonly units: number; readonly size: number; readonly seed: number };
}

export function build(name: string, made: HandBuilt): Model {
  const at = new Map(made.features.map((feature, i) => [feature, 2 * (i + 1)]));
  const dim = (feature: string): number => {
    const d = at.get(feature);
    if (d === undefined) throw new Error(`no feature "${feature}"`);
    return d;
  };
  const heads = Math.max(1, ...made.layers.map(layer => layer.heads.length));
  const channels = Math.max(
    1,
    ...made.layers.flatMap(layer => layer.heads.flatMap(head => [head.match.length, head.move.length])),
  );
  const dHead = Math.max(channels, Math.ceil((2 * (made.features.length + 1)) / heads));
  const d = heads * dHead + ((heads * dHead) % 2 === 0 ? 0 : heads);
  const size = d / heads;
  const dMlp = Math.max(...made.layers.map(layer => layer.units.length)) + made.noise.units;
  const draw = normal(random(made.noise.seed));
  const tensors = new Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>();
  const zeros = (key: string, ...shape: number[]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    tensors.set(key, { shape, data });
    return data;
  };
  const norm = (key: string) => {
    zeros(`${key}.weight`, d).fill(CONSTANT * Math.sqrt(2 / d));
    zeros(`${key}.bias`, d);
  };
  const pair = (data: Float32Array, offset: number, feature: string, value: number) => {
    data[offset + dim(feature)]! += value;
    data[offset + dim(feature) + 1]! -= value;
  };
  const wte = zeros("transformer.wte.weight", made.tokens.length, d);
  made.tokens.forEach(({ is }, t) => {
    wte[t * d] = CONSTANT;
    wte[t * d + 1] = -CONSTANT;
    for (const [feature, value] of Object.entries(is)) pair(wte, t * d, feature, value);
  });
  const wpe = zeros("transformer.wpe.weight", made.positions.length, d);
  made.positions.forEach((is, p) => {
    for (const [feature, value] of Object.entries(is)) pair(wpe, p * d, feature, value);
  });
  made.layers.forEach((layer, l) => {
    const key = `transformer.h.${l}`;
    norm(`${key}.ln_1`);
    norm(`${key}.ln_2`);
    const attn = zeros(`${key}.attn.c_attn.weight`, d, 3 * d);
    zeros(`${key}.attn.c_attn.bias`, 3 * d);
    const proj = zeros(`${key}.attn.c_proj.weight`, d, d);
    zeros(`${key}.attn.c_proj.bias`, d);
    layer.heads.forEach((head, h) => {
      head.match.forEach(([query, keyFeature, strength], c) => {
        const channel = h * size + c;
        attn[dim(query) * 3 * d + channel] = strength * Math.sqrt(size);
        attn[dim(keyFeature) * 3 * d + d + channel] = 1;
      });
      head.move.forEach(([from, to], c) => {
        const channel = h * size + c;
        attn[dim(from) * 3 * d + 2 * d + channel] = 1;
        pair(proj, channel * d, to, 1);
      });
    });
    const fc = zeros(`${key}.mlp.c_fc.weight`, d, dMlp);
    const fcBias = zeros(`${key}.mlp.c_fc.bias`, dMlp);
    const down = zeros(`${key}.mlp.c_proj.weight`, dMlp, d);
    zeros(`${key}.mlp.c_proj.bias`, d);
    layer.units.forEach((unit, u) => {
      fcBias[u] = unit.bias;
      for (const [feature, w] of Object.entries(unit.reads)) fc[dim(feature) * dMlp + u] = w;
      for (const [feature, w] of Object.entries(unit.writes)) pair(down, u * d, feature, w);
    });
    for (let u = dMlp - made.noise.units; u < dMlp; u++) {
      fcBias[u] = Math.abs(draw()) * made.noise.size;
      for (const feature of made.features) {
        fc[dim(feature) * dMlp + u] = draw() * made.noise.size;
        pair(down, u * d, feature, draw() * made.noise.size);
      }
    }
  });
  norm("transformer.ln_f");
  const head = zeros("lm_head.weight", made.tokens.length, d);
  const token = new Map(made.tokens.map(({ name }, t) => [name, t]));
  for (const [name, feature, times] of made.says) head[token.get(name)! * d + dim(feature)] = times;
  const weights: Weights = {
    tensors: new Map([...tensors].map(([key, { shape }]) => [key, { name: key, shape, type: "F32" }])),
    precision: "float32",
    async read(key, { start = 0, end, into } = {}) {
      const { shape, data } = tensors.get(key)!;
      const width = shape.slice(1).reduce((a, b) => a * b, 1);
      const part = data.slice(start * width, (end ?? shape[0]!) * width);
      into?.set(part);
      return into ?? part;
    },
  };
  return new Model(
    name,
    {
      model_type: "gpt2",
      n_embd: d,
      n_layer: made.layers.length,
      n_head: heads,
      n_inner: dMlp,
      n_positions: made.positions.length,
      vocab_size: made.tokens.length,
      activation_function: "relu",
      tie_word_embeddings: false,
      layer_norm_epsilon: 1e-5,
    },
    weights,
    onnx,
  );
}
