import { expect, test } from "vitest";
import { f32Bytes, type GgufTensorSpec, ggufFile, type Typed } from "../../../test/file-writers.ts";
import { memoryBytes } from "../bytes.ts";
import { decimal, ggufConfig } from "./config.ts";
import { readGgufHeader } from "./header.ts";
import { llama3Factors } from "./rope-factors.ts";

async function config(architecture: string, keys: Record<string, Typed>, tensors: GgufTensorSpec[] = []) {
  const base: Record<string, Typed> = {
    embedding_length: { u32: 64 },
    block_count: { u32: 8 },
    feed_forward_length: { u32: 256 },
    context_length: { u32: 2048 },
    "attention.head_count": { u32: 4 },
    "attention.layer_norm_rms_epsilon": { f32: 1e-5 },
    "attention.layer_norm_epsilon": { f32: 1e-5 },
    ...keys,
  };
  const metadata: Record<string, Typed> = { "general.architecture": { string: architecture } };
  for (const [key, value] of Object.entries(base))
    metadata[key.includes("tokenizer.") ? key : `${architecture}.${key}`] = value;
  const file = memoryBytes(ggufFile({ metadata, tensors }), "x.gguf");
  return ggufConfig(file, await readGgufHeader(file));
}
const zeros = (name: string, ...dims: number[]): GgufTensorSpec => ({
  name,
  dims,
  type: 0,
  data: new Uint8Array(4 * dims.reduce((a, b) => a * b, 1)),
});

test("a Llama's numbers under Hugging Face's names", async () => {
  const got = await config("llama", { "attention.head_count_kv": { u32: 2 }, "rope.freq_base": { f32: 100000 } }, [
    zeros("token_embd.weight", 64, 97),
    zeros("output.weight", 64, 97),
    zeros("blk.0.attn_q.bias", 64),
  ]);
  expect(got).toEqual({
    model_type: "llama",
    vocab_size: 97,
    tie_word_embeddings: false,
    hidden_size: 64,
    num_hidden_layers: 8,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 16,
    intermediate_size: 256,
    max_position_embeddings: 2048,
    rope_theta: 100000,
    rms_norm_eps: 1e-5,
    hidden_act: "silu",
    attention_bias: true,
    mlp_bias: false,
  });
});

test("Gemma 3: every sixth layer sees everything, the others turn with their own base; the largest scales by dModel / heads", async () => {
  const keys: Record<string, Typed> = { "attention.key_length": { u32: 32 }, "attention.sliding_window": { u32: 512 } };
  const got = await config("gemma3", keys);
  expect(got).toMatchObject({
    model_type: "gemma3_text",
    tie_word_embeddings: true,
    head_dim: 32,
    query_pre_attn_scalar: 32,
    sliding_window: 512,
    rope_local_base_freq: 10000,
    hidden_activation: "gelu_pytorch_tanh",
  });
  const slides = (types: unknown) =>
    (types as string[]).map(type => (type === "sliding_attention" ? "s" : "f")).join("");
  expect(slides(got.layer_types)).toBe("sssssfss");
  expect(got).not.toHaveProperty("attn_logit_softcapping");
  expect(
    slides((await config("gemma3", { ...keys, "attention.sliding_window_pattern": { u32: 4 } })).layer_types),
  ).toBe("sssfsssf");
  const listed: Typed = { array: [1, 0, 1, 0, 0, 0, 1, 1].map(n => ({ bool: n === 1 })) };
  expect(slides((await config("gemma3", { ...keys, "attention.sliding_window_pattern": listed })).layer_types)).toBe(
    "sfsfffss",
  );
  expect((await config("gemma3", { ...keys, block_count: { u32: 62 } })).query_pre_attn_scalar).toBe(16);
});

test("Gemma 2: layers take turns, and the caps are the file's", async () => {
  const got = await config("gemma2", { attn_logit_softcapping: { f32: 50 }, final_logit_softcapping: { f32: 25 } });
  expect(got.layer_types).toEqual([
    "sliding_attention",
    "full_attention",
    "sliding_attention",
    "full_attention",
    "sliding_attention",
    "full_attention",
    "sliding_attention",
    "full_attention",
  ]);
  expect(got).toMatchObject({ attn_logit_softcapping: 50, final_logit_softcapping: 25, sliding_window: 4096 });
});

test("GPT-2 and GPT-NeoX in their own words", async () => {
  expect(await config("gpt2", {})).toMatchObject({
    model_type: "gpt2",
    n_embd: 64,
    n_layer: 8,
    n_head: 4,
    n_inner: 256,
    n_positions: 2048,
    layer_norm_epsilon: 1e-5,
  });
  expect(
    await config("gptneox", { "rope.dimension_count": { u32: 4 }, use_parallel_residual: { bool: false } }),
  ).toMatchObject({
    model_type: "gpt_neox",
    rotary_pct: 0.25,
    use_parallel_residual: false,
    layer_norm_eps: 1e-5,
  });
});

test("Llama 3's scaled positions are recovered from what they did to the frequencies", async () => {
  const freqs = (values: number[]): GgufTensorSpec[] => [
    { name: "rope_freqs.weight", dims: [values.length], type: 0, data: f32Bytes(values) },
  ];
  const keys: Record<string, Typed> = { embedding_length: { u32: 256 }, "rope.freq_base": { f32: 500000 } };
  const got = await config("llama", keys, freqs(llama3Factors(32, 500000, 64)));
  expect(got.rope_scaling).toEqual({
    rope_type: "llama3",
    factor: 32,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  });
  expect(await config("llama", keys, freqs(new Array(32).fill(1)))).not.toHaveProperty("rope_scaling");
  await expect(config("llama", keys, freqs(new Array(32).fill(2)))).rejects.toThrow(
    "scaled in a way that Lucida does not know",
  );
  await expect(config("llama", keys, freqs([1, 2]))).rejects.toThrow("2 rotary factors, but 32");
});

test("a linear scale is passed on; what is missing or no whole number is named", async () => {
  const scaled = await config("llama", {
    "rope.scaling.type": { string: "linear" },
    "rope.scaling.factor": { f32: 8 },
  });
  expect(scaled.rope_scaling).toEqual({ rope_type: "linear", factor: 8 });
  await expect(config("llama", { block_count: { f32: 2.5 } })).rejects.toThrow(
    "llama.block_count is 2.5, and must be a whole number above 0",
  );
  await expect(config("llama", { embedding_length: { string: "wide" } })).rejects.toThrow(
    "llama.embedding_length is not a number",
  );
  await expect(config("llama", { "attention.head_count": { array: [{ u32: 4 }, { u32: 8 }] } })).rejects.toThrow(
    "differs from layer to layer",
  );
  expect(decimal(Math.fround(1e-6))).toBe(1e-6);
  expect(decimal(0.1)).toBe(0.1);
});
