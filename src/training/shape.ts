/** The specimen's shapes, as the Hugging Face config.json they are saved with. */
import { Problem } from "../core/problem.ts";

export interface Shape {
  readonly dModel: number;
  readonly layers: number;
  readonly heads: number;
  readonly dMlp: number;
}

/** `standard` is the embedded one; its siblings have about a quarter and four times its parameters. */
export const shapes = {
  quarter: { dModel: 64, layers: 4, heads: 2, dMlp: 176 },
  standard: { dModel: 128, layers: 6, heads: 4, dMlp: 352 },
  large: { dModel: 256, layers: 8, heads: 8, dMlp: 704 },
} as const satisfies Record<string, Shape>;

export type Size = keyof typeof shapes;

export function shapeOf(size: string): Shape {
  if (Object.hasOwn(shapes, size)) return shapes[size as Size];
  throw new Problem(`there is no size "${size}"`, { advice: `one of ${Object.keys(shapes).join(", ")}` });
}

/** A plain Llama config: gated SiLU MLP, RMSNorm, rotary positions, no biases, untied. */
export function specimenConfig(
  shape: Shape,
  vocabulary: number,
  ids: { bos: number; eos: number },
  context = 256,
): Record<string, unknown> {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: shape.dModel,
    intermediate_size: shape.dMlp,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.heads,
    head_dim: shape.dModel / shape.heads,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    max_position_embeddings: context,
    vocab_size: vocabulary,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: ids.bos,
    eos_token_id: ids.eos,
    torch_dtype: "float16",
  };
}
