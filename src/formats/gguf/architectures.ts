/**
 * Which tensor of a GGUF file is which tensor of the Hugging Face checkpoint, and what the converter did to it on the way.
 *
 * One row an architecture. `*` stands for the layer; names without a suffix have `.weight` (and `.bias`, where the row allows).
 */

/** How the numbers in the file differ from the checkpoint's, to be undone while reading. */
export type Change =
  /** Rows of each query (or key) head were interleaved, so that rotary pairs are neighbours. */
  | "query-rows"
  | "key-rows"
  /** Rows of [head, q|k|v, dim] were sorted to [q|k|v, head, dim]. */
  | "fused-rows"
  /** 1 was added (Gemma's gain is 1 + weight). */
  | "plus-one"
  /** Stored [out, in], where the checkpoint has [in, out] (GPT-2's Conv1D). */
  | "transposed";

export interface Place {
  readonly name: string;
  readonly change?: Change;
}

export interface Architecture {
  /** `model_type` in config.json. */
  readonly modelType: string;
  readonly places: Readonly<Record<string, Place>>;
}

/** Tensors that are no weights of a checkpoint: frequency factors of scaled rotary positions (config.ts reads them), kept masks. */
export const beside = /^(rope_freqs|rope_factors_(long|short))\.weight$|\.attn_rot_embd$|\.attn\.(bias|masked_bias)$/;

const place = (name: string, change?: Change): Place => (change ? { name, change } : { name });

const llamaPlaces: Record<string, Place> = {
  token_embd: place("model.embed_tokens"),
  output_norm: place("model.norm"),
  output: place("lm_head"),
  "blk.*.attn_norm": place("model.layers.*.input_layernorm"),
  "blk.*.attn_q": place("model.layers.*.self_attn.q_proj"),
  "blk.*.attn_k": place("model.layers.*.self_attn.k_proj"),
  "blk.*.attn_v": place("model.layers.*.self_attn.v_proj"),
  "blk.*.attn_output": place("model.layers.*.self_attn.o_proj"),
  "blk.*.ffn_norm": place("model.layers.*.post_attention_layernorm"),
  "blk.*.ffn_gate": place("model.layers.*.mlp.gate_proj"),
  "blk.*.ffn_up": place("model.layers.*.mlp.up_proj"),
  "blk.*.ffn_down": place("model.layers.*.mlp.down_proj"),
};

const gemmaPlaces: Record<string, Place> = {
  ...llamaPlaces,
  output_norm: place("model.norm", "plus-one"),
  "blk.*.attn_norm": place("model.layers.*.input_layernorm", "plus-one"),
  "blk.*.post_attention_norm": place("model.layers.*.post_attention_layernorm", "plus-one"),
  "blk.*.ffn_norm": place("model.layers.*.pre_feedforward_layernorm", "plus-one"),
  "blk.*.post_ffw_norm": place("model.layers.*.post_feedforward_layernorm", "plus-one"),
};

export const architectures: Readonly<Record<string, Architecture>> = {
  llama: {
    modelType: "llama",
    places: {
      ...llamaPlaces,
      "blk.*.attn_q": place("model.layers.*.self_attn.q_proj", "query-rows"),
      "blk.*.attn_k": place("model.layers.*.self_attn.k_proj", "key-rows"),
    },
  },
  qwen2: { modelType: "qwen2", places: llamaPlaces },
  qwen3: {
    modelType: "qwen3",
    places: {
      ...llamaPlaces,
      "blk.*.attn_q_norm": place("model.layers.*.self_attn.q_norm"),
      "blk.*.attn_k_norm": place("model.layers.*.self_attn.k_norm"),
    },
  },
  gemma2: { modelType: "gemma2", places: gemmaPlaces },
  gemma3: {
    modelType: "gemma3_text",
    places: {
      ...gemmaPlaces,
      "blk.*.attn_q_norm": place("model.layers.*.self_attn.q_norm", "plus-one"),
      "blk.*.attn_k_norm": place("model.layers.*.self_attn.k_norm", "plus-one"),
    },
  },
  gpt2: {
    modelType: "gpt2",
    places: {
      token_embd: place("transformer.wte"),
      position_embd: place("transformer.wpe"),
      output_norm: place("transformer.ln_f"),
      output: place("lm_head"),
      "blk.*.attn_norm": place("transformer.h.*.ln_1"),
      "blk.*.attn_qkv": place("transformer.h.*.attn.c_attn", "transposed"),
      "blk.*.attn_output": place("transformer.h.*.attn.c_proj", "transposed"),
      "blk.*.ffn_norm": place("transformer.h.*.ln_2"),
      "blk.*.ffn_up": place("transformer.h.*.mlp.c_fc", "transposed"),
      "blk.*.ffn_down": place("transformer.h.*.mlp.c_proj", "transposed"),
    },
  },
  gptneox: {
    modelType: "gpt_neox",
    places: {
      token_embd: place("gpt_neox.embed_in"),
      output_norm: place("gpt_neox.final_layer_norm"),
      output: place("embed_out"),
      "blk.*.attn_norm": place("gpt_neox.layers.*.input_layernorm"),
      "blk.*.attn_qkv": place("gpt_neox.layers.*.attention.query_key_value", "fused-rows"),
      "blk.*.attn_output": place("gpt_neox.layers.*.attention.dense"),
      "blk.*.ffn_norm": place("gpt_neox.layers.*.post_attention_layernorm"),
      "blk.*.ffn_up": place("gpt_neox.layers.*.mlp.dense_h_to_4h"),
      "blk.*.ffn_down": place("gpt_neox.layers.*.mlp.dense_4h_to_h"),
    },
  },
};

/** Where a tensor of the file belongs in the checkpoint, or undefined when the architecture has no such tensor. */
export function placeOf(architecture: Architecture, tensor: string): Place | undefined {
  const parts = /^(?:blk\.(\d+)\.)?([a-z_]+)\.(weight|bias)$/.exec(tensor);
  if (!parts) return undefined;
  const [, layer, stem, suffix] = parts;
  const key = layer === undefined ? stem! : `blk.*.${stem}`;
  if (!Object.hasOwn(architecture.places, key)) return undefined;
  const { name, change } = architecture.places[key]!;
  return place(`${name.replace("*", layer ?? "")}.${suffix}`, change);
}
