/**
 * A model whose thoughts we know, because we wrote its weights by hand: an ordinary three-layer Llama of 13 words.
 *
 *   layer 0   at a city, a neuron notes the state:            Dallas → (Texas)
 *   layer 1   a head carries the state from the city to "is": (Texas) → (asked: Texas)
 *   layer 2   at "is", a neuron names the capital, another one takes the state back, so that it isn't said twice
 *
 * It runs on the same engine as any other model. The lessons look for this circuit as if they didn't know it.
 */
import * as ort from "onnxruntime-node";
import { random } from "../src/core/random.ts";
import { onnxDevice, type Runtime } from "../src/devices/onnx/device.ts";
import { memoryBytes } from "../src/formats/bytes.ts";
import { safetensors } from "../src/formats/safetensors.ts";
import { writeSafetensors } from "../src/formats/write-safetensors.ts";
import { Model } from "../src/models/model.ts";

export const words = "<bos> the capital of state city Dallas Oakland is Texas California Austin Sacramento".split(" ");
export const idsOf = (text: string): number[] => ["<bos>", ...text.split(" ")].map(word => words.indexOf(word));

const dModel = 32;
const neurons = 8;
const head = 8;

/** Axes of the residual stream that mean something. Axes 0 to 12 say which word stands here. */
const axis = { texas: 16, california: 17, askedTexas: 18, askedCalifornia: 19, austin: 20, sacramento: 21 };
const word = (text: string): number => words.indexOf(text);

class Matrix {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly [rows: number, columns: number];
  constructor(rows: number, columns: number) {
    this.shape = [rows, columns];
    this.data = new Float32Array(rows * columns);
  }
  set(row: number, column: number, value: number): this {
    this.data[row * this.shape[1] + column] = value;
    return this;
  }
  /** Small random numbers: a real model is never silent. */
  noise(next: () => number, rows: readonly number[], size: number): this {
    for (const row of rows)
      for (let column = 0; column < this.shape[1]; column++) this.set(row, column, size * (next() - 0.5));
    return this;
  }
}

export async function toyModel(): Promise<Model> {
  const next = random(1);
  const tensors: { name: string; shape: readonly number[]; data: Float32Array<ArrayBuffer> }[] = [];
  const add = (name: string, { shape, data }: { shape: readonly number[]; data: Float32Array<ArrayBuffer> }) =>
    tensors.push({ name, shape, data });
  const gain = { shape: [dModel], data: new Float32Array(dModel).fill(1) };

  const embedding = new Matrix(words.length, dModel);
  const unembedding = new Matrix(words.length, dModel);
  words.forEach((_, id) => {
    embedding.set(id, id, 1);
    unembedding.set(id, id, 0.5);
  });
  unembedding.set(word("Texas"), axis.texas, 1).set(word("Texas"), axis.askedTexas, 1);
  unembedding.set(word("California"), axis.california, 1).set(word("California"), axis.askedCalifornia, 1);
  unembedding.set(word("Austin"), axis.austin, 1).set(word("Sacramento"), axis.sacramento, 1);
  add("model.embed_tokens.weight", embedding);
  add("lm_head.weight", unembedding);
  add("model.norm.weight", gain);

  for (let layer = 0; layer < 3; layer++) {
    const gate = new Matrix(neurons, dModel).noise(next, [3, 4, 5, 6, 7], 0.1);
    const up = new Matrix(neurons, dModel).noise(next, [3, 4, 5, 6, 7], 0.1);
    const down = new Matrix(dModel, neurons);
    for (let a = 0; a < dModel; a++) for (let n = 3; n < neurons; n++) down.set(a, n, 0.1 * (next() - 0.5));
    /** Neuron n reads one axis and writes to another. */
    const neuron = (n: number, reads: number, writes: number, size: number) => {
      gate.set(n, reads, 0.5);
      up.set(n, reads, 0.25);
      down.set(writes, n, size);
    };
    if (layer === 0) {
      neuron(0, word("Dallas"), axis.texas, 0.4);
      neuron(1, word("Oakland"), axis.california, 0.4);
    }
    if (layer === 2) {
      neuron(0, axis.askedTexas, axis.austin, 0.8);
      neuron(1, axis.askedCalifornia, axis.sacramento, 0.8);
      neuron(2, axis.askedTexas, axis.askedTexas, -0.2);
    }
    const [queries, keys, values] = [new Matrix(head, dModel), new Matrix(head, dModel), new Matrix(head, dModel)];
    const output = new Matrix(dModel, head);
    if (layer === 1) {
      // Component 3 turns slowest with the position, so "is" looks back at states wherever they stand.
      queries.set(3, word("is"), 1);
      keys.set(3, axis.texas, 1).set(3, axis.california, 1);
      values.set(0, axis.texas, 0.4).set(1, axis.california, 0.4);
      output.set(axis.askedTexas, 0, 1).set(axis.askedCalifornia, 1, 1);
    }
    const name = `model.layers.${layer}`;
    add(`${name}.input_layernorm.weight`, gain);
    add(`${name}.post_attention_layernorm.weight`, gain);
    add(`${name}.self_attn.q_proj.weight`, queries);
    add(`${name}.self_attn.k_proj.weight`, keys);
    add(`${name}.self_attn.v_proj.weight`, values);
    add(`${name}.self_attn.o_proj.weight`, output);
    add(`${name}.mlp.gate_proj.weight`, gate);
    add(`${name}.mlp.up_proj.weight`, up);
    add(`${name}.mlp.down_proj.weight`, down);
  }
  const file = new Uint8Array(await new Blob([...writeSafetensors(tensors, "F32")]).arrayBuffer());
  const config = {
    model_type: "llama",
    hidden_size: dModel,
    intermediate_size: neurons,
    num_hidden_layers: 3,
    num_attention_heads: 1,
    num_key_value_heads: 1,
    head_dim: head,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: 1e8,
    max_position_embeddings: 64,
    tie_word_embeddings: false,
    vocab_size: words.length,
  };
  return new Model("toy", config, await safetensors(memoryBytes(file, "toy")), onnxDevice(ort as unknown as Runtime));
}

/** Words by their logits, greatest first. */
export function ranked(logits: ArrayLike<number>): { word: string; logit: number }[] {
  return words.map((text, id) => ({ word: text, logit: logits[id]! })).sort((a, b) => b.logit - a.logit);
}
