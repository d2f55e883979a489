/**
 * From a GGUF file's metadata to the `config.json` that the model had on Hugging Face (the older style: `rope_theta`,
 * `rope_local_base_freq`, `rope_scaling`), so that everything after reads one kind of configuration.
 *
 * What the metadata leave out and every model of the family shares is filled in here, with the reason beside it.
 */
import { Problem } from "../../core/problem.ts";
import type { Bytes } from "../bytes.ts";
import type { GgufHeader } from "./header.ts";
import { architectureOf, booleanAt, numberAt, requiredCount, requiredNumber, stringsAt, textAt } from "./metadata.ts";
import { scaledRope } from "./rope-factors.ts";
import { knownArchitecture } from "./weights.ts";

export type HfConfig = Record<string, unknown>;

/**
 * The configuration of the model in a GGUF file. Reads at most one small tensor (rotary frequency factors).
 * Throws a Problem for an unknown architecture and for widths or counts that are missing or no whole numbers.
 */
export async function ggufConfig(file: Bytes, header: GgufHeader): Promise<HfConfig> {
  const { modelType } = knownArchitecture(header);
  const prefix = architectureOf(header);
  const key = (name: string): string => `${prefix}.${name}`;
  const hidden = requiredCount(header, key("embedding_length"));
  const layers = requiredCount(header, key("block_count"));
  // The deepest published models have some 130 layers; the list of layer types must not grow with a wild number.
  if (layers > 4096)
    throw new Problem(`${key("block_count")} is ${layers}; models of up to 4096 layers are read`, {
      where: `in the metadata of ${header.name}`,
    });
  const heads = requiredCount(header, key("attention.head_count"));
  const inner = requiredCount(header, key("feed_forward_length"));
  const context = requiredCount(header, key("context_length"));
  const has = (name: string): boolean => header.tensors.some(tensor => tensor.name === name);
  const shared: HfConfig = defined({
    model_type: modelType,
    vocab_size: vocabulary(header, prefix),
    tie_word_embeddings: !has("output.weight"),
    bos_token_id: numberAt(header, "tokenizer.ggml.bos_token_id"),
    eos_token_id: numberAt(header, "tokenizer.ggml.eos_token_id"),
    pad_token_id: numberAt(header, "tokenizer.ggml.padding_token_id"),
  });

  if (modelType === "gpt2")
    return {
      ...shared,
      n_embd: hidden,
      n_layer: layers,
      n_head: heads,
      n_inner: inner,
      n_positions: context,
      layer_norm_epsilon: decimal(requiredNumber(header, key("attention.layer_norm_epsilon"))),
      activation_function: "gelu_new",
    };

  const headDim = numberAt(header, key("attention.key_length")) ?? hidden / heads;
  const theta = numberAt(header, key("rope.freq_base")) ?? 10_000; // ggml's own default
  const common: HfConfig = {
    ...shared,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: inner,
    max_position_embeddings: context,
    rope_theta: theta,
  };
  const rotary = numberAt(header, key("rope.dimension_count")) ?? headDim;

  if (modelType === "gpt_neox")
    return {
      ...common,
      layer_norm_eps: decimal(requiredNumber(header, key("attention.layer_norm_epsilon"))),
      hidden_act: "gelu",
      rotary_pct: rotary / headDim,
      use_parallel_residual: booleanAt(header, key("use_parallel_residual")) ?? true,
      attention_bias: has("blk.0.attn_qkv.bias"),
    };

  const decoder: HfConfig = defined({
    ...common,
    num_key_value_heads: numberAt(header, key("attention.head_count_kv")) ?? heads,
    head_dim: headDim,
    rms_norm_eps: decimal(requiredNumber(header, key("attention.layer_norm_rms_epsilon"))),
    rope_scaling: (await scaledRope(file, header, { theta, rotary })) ?? ropeScaling(header, key("rope.scaling.")),
    partial_rotary_factor: rotary === headDim ? undefined : rotary / headDim,
  });
  if (modelType === "gemma2" || modelType === "gemma3_text")
    return { ...decoder, ...gemma(header, modelType, { hidden, layers, heads, headDim }) };
  return defined({
    ...decoder,
    hidden_act: "silu",
    attention_bias: modelType === "llama" || modelType === "qwen3" ? has("blk.0.attn_q.bias") : undefined,
    mlp_bias: modelType === "llama" ? has("blk.0.ffn_up.bias") : undefined,
    // Only a file that says so has a window: converters drop it where the checkpoint does not use it.
    sliding_window: numberAt(header, key("attention.sliding_window")),
    use_sliding_window: modelType === "llama" ? undefined : false,
  });
}

function gemma(
  header: GgufHeader,
  modelType: "gemma2" | "gemma3_text",
  sizes: { hidden: number; layers: number; heads: number; headDim: number },
): HfConfig {
  const second = modelType === "gemma2";
  const key = (name: string): string => `${second ? "gemma2" : "gemma3"}.${name}`;
  const { hidden, layers, heads, headDim } = sizes;
  // The 27B models (46 and 62 layers) scale queries by dModel / heads, all others by the head's width; files do not say.
  const largest = layers === (second ? 46 : 62);
  const scale = numberAt(header, key("attention.scale"));
  const period = patternOf(header, key("attention.sliding_window_pattern")) ?? (second ? 2 : 6);
  return defined({
    hidden_activation: "gelu_pytorch_tanh",
    attention_bias: false,
    query_pre_attn_scalar: scale ? decimal(scale ** -2) : largest ? hidden / heads : headDim,
    // 4096 and 1024 are the published windows of Gemma 2 and of Gemma 3 below 27B; early files left the key out.
    sliding_window: numberAt(header, key("attention.sliding_window")) ?? (second ? 4096 : 1024),
    layer_types: Array.from({ length: layers }, (_, layer) =>
      (Array.isArray(period) ? period[layer] : (layer + 1) % period !== 0) ? "sliding_attention" : "full_attention",
    ),
    // Gemma 3's sliding layers turn with their own base; 10,000 in every published model.
    rope_local_base_freq: second ? undefined : (numberAt(header, key("rope.freq_base_swa")) ?? 10_000),
    attn_logit_softcapping: numberAt(header, key("attn_logit_softcapping")) ?? (second ? 50 : undefined),
    final_logit_softcapping: numberAt(header, key("final_logit_softcapping")) ?? (second ? 30 : undefined),
  });
}

/** Every n-th layer sees everything, or a list that says for each layer whether it slides. */
function patternOf(header: GgufHeader, key: string): number | boolean[] | undefined {
  const value = header.metadata.get(key);
  if (Array.isArray(value) && value.every(one => typeof one === "boolean")) return value;
  return numberAt(header, key);
}

function ropeScaling(header: GgufHeader, prefix: string): HfConfig | undefined {
  const type = textAt(header, `${prefix}type`);
  const factor = numberAt(header, `${prefix}factor`);
  if (!type || type === "none" || factor === undefined || factor === 1) return undefined;
  return defined({
    rope_type: type,
    factor: decimal(factor),
    original_max_position_embeddings: numberAt(header, `${prefix}original_context_length`),
    attention_factor: numberAt(header, `${prefix}attn_factor`),
  });
}

/** Rows of the embedding: the model's own word, where tokenizer and metadata may count differently. */
function vocabulary(header: GgufHeader, prefix: string): number | undefined {
  return (
    header.tensors.find(tensor => tensor.name === "token_embd.weight")?.dims[1] ??
    numberAt(header, `${prefix}.vocab_size`) ??
    stringsAt(header, "tokenizer.ggml.tokens")?.length
  );
}

/** The decimal number that somebody wrote before it became a float32: 1e-6, not 9.99999997e-7. */
export function decimal(value: number): number {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === Math.fround(value) ? short : value;
}

function defined(record: HfConfig): HfConfig {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
