/**
 * Families as rows of data: what a weight is called, and which named blocks the arithmetic is made of. A new family
 * whose blocks exist is one row here.
 *
 * `*` stands for the layer. Biases are taken where the file has them: whether a checkpoint has them differs within a
 * family, and the file knows best.
 */

/** Where a weight lies: a tensor, or a part of a tensor that holds queries, keys and values together. */
export type Place =
  | string
  | {
      readonly tensor: string;
      readonly part: 0 | 1 | 2 /** one after the other, or head by head */;
      readonly fused: "thirds" | "heads";
    };

export interface Family {
  readonly name: string;
  readonly modelTypes: readonly string[];
  readonly norm: "rms" | "layer";
  /** Gemma keeps its gains minus one. */
  readonly gainOffset: 0 | 1;
  readonly positions: "rotary" | "learned";
  readonly mlp: "gated" | "plain";
  readonly curve: string;
  /** Can attention and MLP run side by side? */
  readonly parallel: boolean;
  /** A second norm on what attention and MLP write. */
  readonly postNorms: boolean;
  /** Queries and keys are normalised head by head. */
  readonly qkNorm: boolean;
  readonly scaledEmbedding: boolean;
  readonly sliding: "never" | "always" | "by pattern" | "when asked";
  readonly slidingPeriod?: number;
  /** Which soft-caps of its config does it apply? */
  readonly caps: "none" | "logits" | "logits and scores";
  /** May only a share of a head turn? The others turn it whole, whatever their config says. */
  readonly partialRotary: boolean;
  /** Layers that see a window turn with rotary settings of their own. */
  readonly rotaryByLayer: boolean;
  readonly tied: boolean;
  /** Linear weights lie as [in, out] (GPT-2's Conv1D). */
  readonly flipped: boolean;
  /** What a `config.json` of this family leaves out, under the config's own names. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly weights: Readonly<Record<ModelWeight, string>> & { readonly positions?: string };
  readonly layer: Readonly<Partial<Record<LayerWeight, Place>>>;
}

export type ModelWeight = "embedding" | "finalNorm" | "unembedding";

/** Names of one layer's weights; each may have a bias, `<place>` with .weight changed to .bias. */
export type LayerWeight =
  | "norm1"
  | "queries"
  | "keys"
  | "values"
  | "attentionOut"
  | "queryNorm"
  | "keyNorm"
  | "postNorm1"
  | "norm2"
  | "gate"
  | "up"
  | "down"
  | "postNorm2";

const llamaWeights = {
  embedding: "model.embed_tokens.weight",
  finalNorm: "model.norm.weight",
  unembedding: "lm_head.weight",
};

const llamaLayer: Family["layer"] = {
  norm1: "model.layers.*.input_layernorm.weight",
  queries: "model.layers.*.self_attn.q_proj.weight",
  keys: "model.layers.*.self_attn.k_proj.weight",
  values: "model.layers.*.self_attn.v_proj.weight",
  attentionOut: "model.layers.*.self_attn.o_proj.weight",
  norm2: "model.layers.*.post_attention_layernorm.weight",
  gate: "model.layers.*.mlp.gate_proj.weight",
  up: "model.layers.*.mlp.up_proj.weight",
  down: "model.layers.*.mlp.down_proj.weight",
};

const qkNorms: Family["layer"] = {
  queryNorm: "model.layers.*.self_attn.q_norm.weight",
  keyNorm: "model.layers.*.self_attn.k_norm.weight",
};

const gemmaNorms: Family["layer"] = {
  postNorm1: "model.layers.*.post_attention_layernorm.weight",
  norm2: "model.layers.*.pre_feedforward_layernorm.weight",
  postNorm2: "model.layers.*.post_feedforward_layernorm.weight",
};

const llama: Family = {
  name: "llama",
  modelTypes: ["llama"],
  norm: "rms",
  gainOffset: 0,
  positions: "rotary",
  mlp: "gated",
  curve: "silu",
  parallel: false,
  postNorms: false,
  qkNorm: false,
  scaledEmbedding: false,
  sliding: "never",
  caps: "none",
  partialRotary: false,
  rotaryByLayer: false,
  tied: false,
  flipped: false,
  defaults: { rms_norm_eps: 1e-6, max_position_embeddings: 2048 },
  weights: llamaWeights,
  layer: llamaLayer,
};

/** Published multimodal Gemmas write down only what differs from these. */
const gemmaSizes = {
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  query_pre_attn_scalar: 256,
  sliding_window: 4096,
  rms_norm_eps: 1e-6,
};

const gemma2: Family = {
  ...llama,
  name: "gemma2",
  modelTypes: ["gemma2"],
  gainOffset: 1,
  curve: "gelu_pytorch_tanh",
  postNorms: true,
  scaledEmbedding: true,
  sliding: "by pattern",
  slidingPeriod: 2,
  caps: "logits and scores",
  tied: true,
  defaults: {
    ...gemmaSizes,
    vocab_size: 256_000,
    max_position_embeddings: 8192,
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
  },
  layer: { ...llamaLayer, ...gemmaNorms },
};

const qwenSizes = { rms_norm_eps: 1e-6, max_position_embeddings: 32_768, sliding_window: 4096, max_window_layers: 28 };

export const families: readonly Family[] = [
  llama,
  {
    ...llama,
    name: "mistral",
    modelTypes: ["mistral", "ministral"],
    sliding: "always",
    defaults: { rms_norm_eps: 1e-6, max_position_embeddings: 131_072, sliding_window: 4096 },
  },
  { ...llama, name: "qwen2", modelTypes: ["qwen2"], sliding: "when asked", defaults: qwenSizes },
  {
    ...llama,
    name: "qwen3",
    modelTypes: ["qwen3"],
    qkNorm: true,
    sliding: "when asked",
    defaults: { ...qwenSizes, head_dim: 128 },
    layer: { ...llamaLayer, ...qkNorms },
  },
  gemma2,
  {
    ...gemma2,
    name: "gemma3",
    modelTypes: ["gemma3_text", "gemma3"],
    qkNorm: true,
    slidingPeriod: 6,
    caps: "logits",
    rotaryByLayer: true,
    defaults: {
      ...gemmaSizes,
      vocab_size: 262_208,
      max_position_embeddings: 131_072,
      rope_theta: 1_000_000,
      rope_local_base_freq: 10_000,
    },
    layer: { ...llamaLayer, ...gemmaNorms, ...qkNorms },
  },
  {
    ...llama,
    name: "gpt2",
    modelTypes: ["gpt2"],
    norm: "layer",
    positions: "learned",
    mlp: "plain",
    curve: "gelu_new",
    tied: true,
    flipped: true,
    defaults: { layer_norm_epsilon: 1e-5, n_positions: 1024 },
    weights: {
      embedding: "transformer.wte.weight",
      finalNorm: "transformer.ln_f.weight",
      unembedding: "lm_head.weight",
      positions: "transformer.wpe.weight",
    },
    layer: {
      norm1: "transformer.h.*.ln_1.weight",
      queries: { tensor: "transformer.h.*.attn.c_attn.weight", part: 0, fused: "thirds" },
      keys: { tensor: "transformer.h.*.attn.c_attn.weight", part: 1, fused: "thirds" },
      values: { tensor: "transformer.h.*.attn.c_attn.weight", part: 2, fused: "thirds" },
      attentionOut: "transformer.h.*.attn.c_proj.weight",
      norm2: "transformer.h.*.ln_2.weight",
      up: "transformer.h.*.mlp.c_fc.weight",
      down: "transformer.h.*.mlp.c_proj.weight",
    },
  },
  {
    ...llama,
    name: "gpt_neox",
    modelTypes: ["gpt_neox"],
    norm: "layer",
    mlp: "plain",
    curve: "gelu",
    parallel: true,
    partialRotary: true,
    defaults: { layer_norm_eps: 1e-5, max_position_embeddings: 2048, rotary_pct: 0.25 },
    weights: {
      embedding: "gpt_neox.embed_in.weight",
      finalNorm: "gpt_neox.final_layer_norm.weight",
      unembedding: "embed_out.weight",
    },
    layer: {
      norm1: "gpt_neox.layers.*.input_layernorm.weight",
      queries: { tensor: "gpt_neox.layers.*.attention.query_key_value.weight", part: 0, fused: "heads" },
      keys: { tensor: "gpt_neox.layers.*.attention.query_key_value.weight", part: 1, fused: "heads" },
      values: { tensor: "gpt_neox.layers.*.attention.query_key_value.weight", part: 2, fused: "heads" },
      attentionOut: "gpt_neox.layers.*.attention.dense.weight",
      norm2: "gpt_neox.layers.*.post_attention_layernorm.weight",
      up: "gpt_neox.layers.*.mlp.dense_h_to_4h.weight",
      down: "gpt_neox.layers.*.mlp.dense_4h_to_h.weight",
    },
  },
];
