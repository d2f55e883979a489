import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { f32Bytes, type GgufTensorSpec, ggufFile, type Typed } from "../../../test/file-writers.ts";
import { memoryBytes } from "../bytes.ts";
import { safetensors } from "../safetensors.ts";
import { readGgufHeader } from "./header.ts";
import { ggufWeights } from "./weights.ts";

const golden = resolve(import.meta.dirname, "../../../../shared/golden/tiny");

async function open(architecture: string, tensors: GgufTensorSpec[], more: Record<string, Typed> = {}) {
  const metadata: Record<string, Typed> = {
    "general.architecture": { string: architecture },
    [`${architecture}.attention.head_count`]: { u32: 4 },
    ...more,
  };
  const file = memoryBytes(ggufFile({ metadata, tensors }), "x.gguf");
  return ggufWeights(file, await readGgufHeader(file));
}
const tensor = (name: string, dims: number[], values: ArrayLike<number>): GgufTensorSpec => ({
  name,
  dims,
  type: 0,
  data: f32Bytes(values),
});

/**
 * What converters do to a query or key weight, said as they say it: each head's rows are two halves, and come out as pairs
 * (first of one half, first of the other, second of one ...).
 */
function interleave(values: Float32Array, heads: number, width: number): number[] {
  const rows = values.length / width;
  const half = rows / heads / 2;
  const out: number[] = [];
  for (let head = 0; head < heads; head++)
    for (let pair = 0; pair < half; pair++)
      for (const side of [0, 1]) {
        const row = (head * 2 + side) * half + pair;
        out.push(...values.subarray(row * width, (row + 1) * width));
      }
  return out;
}

test("a tiny Llama converted to GGUF reads as its safetensors: names, shapes, rows in rotate-half order", async () => {
  const hf = await safetensors(memoryBytes(new Uint8Array(readFileSync(resolve(golden, "llama/model.safetensors")))));
  const names: [string, string][] = [
    ["token_embd.weight", "model.embed_tokens.weight"],
    ["output_norm.weight", "model.norm.weight"],
    ["output.weight", "lm_head.weight"],
  ];
  const perLayer = {
    attn_norm: "input_layernorm",
    attn_q: "self_attn.q_proj",
    attn_k: "self_attn.k_proj",
    attn_v: "self_attn.v_proj",
    attn_output: "self_attn.o_proj",
    ffn_norm: "post_attention_layernorm",
    ffn_gate: "mlp.gate_proj",
    ffn_up: "mlp.up_proj",
    ffn_down: "mlp.down_proj",
  };
  for (const layer of [0, 1, 2])
    for (const [gguf, name] of Object.entries(perLayer))
      names.push([`blk.${layer}.${gguf}.weight`, `model.layers.${layer}.${name}.weight`]);
  expect(new Set(names.map(([, name]) => name))).toEqual(new Set(hf.tensors.keys()));
  const tensors: GgufTensorSpec[] = [];
  for (const [gguf, name] of names) {
    const values = await hf.read(name);
    const { shape } = hf.tensors.get(name)!;
    const heads = gguf.includes("attn_q") ? 4 : gguf.includes("attn_k") ? 2 : 0;
    tensors.push(tensor(gguf, [...shape].reverse(), heads ? interleave(values, heads, shape[1]!) : values));
  }
  const weights = await open("llama", tensors, { "llama.attention.head_count_kv": { u32: 2 } });
  expect(weights.precision).toBe("F32");
  for (const [name, { shape }] of hf.tensors) {
    expect(weights.tensors.get(name)?.shape).toEqual(shape);
    const want = await hf.read(name);
    expect(await weights.read(name)).toEqual(want);
    // Any range of rows, across and inside heads.
    const width = want.length / shape[0]!;
    for (const [start, end] of [
      [3, 4],
      [1, 11],
      [7, 9],
      [0, 0],
    ] as const)
      expect(await weights.read(name, { start, end })).toEqual(want.slice(start * width, end * width));
  }
});

test("query and key biases are put back in order too", async () => {
  const bias = Float32Array.from({ length: 32 }, (_, i) => i);
  const weights = await open("llama", [tensor("blk.0.attn_q.bias", [32], interleave(bias, 4, 1))]);
  expect([...(await weights.read("model.layers.0.self_attn.q_proj.bias"))]).toEqual([...bias]);
  expect([...(await weights.read("model.layers.0.self_attn.q_proj.bias", { start: 6, end: 9 }))]).toEqual([6, 7, 8]);
});

test("Qwen's rows are left as they are, with biases and norms of queries and keys under their names", async () => {
  const values = Float32Array.from({ length: 64 }, (_, i) => i);
  const two = await open("qwen2", [
    tensor("blk.0.attn_q.weight", [2, 32], values),
    tensor("blk.0.attn_q.bias", [32], values.subarray(0, 32)),
  ]);
  expect(await two.read("model.layers.0.self_attn.q_proj.weight")).toEqual(values);
  expect((await two.read("model.layers.0.self_attn.q_proj.bias"))[5]).toBe(5);
  const three = await open("qwen3", [tensor("blk.7.attn_q_norm.weight", [4], [1, 2, 3, 4])]);
  expect([...(await three.read("model.layers.7.self_attn.q_norm.weight"))]).toEqual([1, 2, 3, 4]);
});

test("Gemma's gains lose the 1 that the converter added; its other weights do not", async () => {
  const norms = ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm", "attn_q_norm", "attn_k_norm"];
  const weights = await open("gemma3", [
    ...norms.map(name => tensor(`blk.0.${name}.weight`, [2], [1.5, 0.25])),
    tensor("output_norm.weight", [2], [1.5, 0.25]),
    tensor("blk.0.attn_v.weight", [2, 1], [1.5, 0.25]),
  ]);
  const layer = "model.layers.0.";
  for (const name of [
    `${layer}input_layernorm`,
    `${layer}post_attention_layernorm`,
    `${layer}pre_feedforward_layernorm`,
    `${layer}post_feedforward_layernorm`,
    `${layer}self_attn.q_norm`,
    `${layer}self_attn.k_norm`,
    "model.norm",
  ])
    expect([...(await weights.read(`${name}.weight`))]).toEqual([0.5, -0.75]);
  expect([...(await weights.read("model.norm.weight", { start: 1, end: 2 }))]).toEqual([-0.75]);
  expect([...(await weights.read(`${layer}self_attn.v_proj.weight`))]).toEqual([1.5, 0.25]);
});

test("GPT-2's weights are [in, out] again", async () => {
  const weights = await open("gpt2", [
    tensor("blk.0.ffn_up.weight", [2, 3], [1, 2, 3, 4, 5, 6]),
    tensor("blk.0.ffn_up.bias", [3], [7, 8, 9]),
  ]);
  expect(weights.tensors.get("transformer.h.0.mlp.c_fc.weight")?.shape).toEqual([2, 3]);
  expect([...(await weights.read("transformer.h.0.mlp.c_fc.weight"))]).toEqual([1, 3, 5, 2, 4, 6]);
  expect([...(await weights.read("transformer.h.0.mlp.c_fc.weight", { start: 1, end: 2 }))]).toEqual([2, 4, 6]);
  expect([...(await weights.read("transformer.h.0.mlp.c_fc.bias"))]).toEqual([7, 8, 9]);
});

test("GPT-NeoX's fused rows are head by head again", async () => {
  // 4 heads of width 1: the file has q0 q1 q2 q3 k0 ... v3, the checkpoint q0 k0 v0 q1 ...
  const weights = await open("gptneox", [
    tensor("blk.0.attn_qkv.bias", [12], [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]),
  ]);
  const name = "gpt_neox.layers.0.attention.query_key_value.bias";
  expect([...(await weights.read(name))]).toEqual([0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23]);
});

test("what cannot be read is refused in words", async () => {
  const llama = (t: GgufTensorSpec) => open("llama", [t]);
  await expect(open("mamba", [])).rejects.toThrow('the architecture "mamba" is not one that Lucida reads');
  await expect(llama({ ...tensor("output.weight", [32], []), type: 23 })).rejects.toThrow(
    "output.weight has the block type IQ4_XS",
  );
  await expect(llama({ ...tensor("output.weight", [32], []), type: 999 })).rejects.toThrow("the block type type 999");
  await expect(llama(tensor("blk.0.ffn_gate_inp.weight", [1], [1]))).rejects.toThrow("no place in a plain llama model");
  await expect(llama({ ...tensor("output.weight", [33], []), type: 2 })).rejects.toThrow(
    "rows of 33, not whole Q4_0 blocks of 32",
  );
  await expect(llama(tensor("output.weight", [1000], [1]))).rejects.toThrow(/ends at byte \d+, but the file has/);
  await expect(llama(tensor("output.weight", [2 ** 50, 2 ** 50], [1]))).rejects.toThrow(/ends at byte/);
  await expect(llama(tensor("output.weight", [2 ** 40, 0], []))).rejects.toThrow(
    "is 1099511627776 by 0 and holds nothing",
  );
  await expect(open("llama", [], { "split.count": { u16: 3 } })).rejects.toThrow(
    "this file is one of 3 parts of a model",
  );
  const twice = [tensor("output.weight", [2], [1, 2]), { ...tensor("token_embd.weight", [2], [1, 2]), offset: 0 }];
  await expect(open("llama", twice)).rejects.toThrow("output.weight and token_embd.weight lie over each other");
  const odd = await open("llama", [tensor("blk.0.attn_q.weight", [1, 6], [1, 2, 3, 4, 5, 6])]);
  await expect(odd.read("model.layers.0.self_attn.q_proj.weight")).rejects.toThrow(
    "6 rows, which do not divide into 8",
  );
});
