/**
 * A model's shape and arithmetic, in our words, read from a Hugging Face `config.json` (older and newer style) through
 * its family's row. Everything after this reads `ModelConfig` and never asks which family it is.
 */
import type { Curve } from "../core/ops/activation.ts";
import { Problem } from "../core/problem.ts";
import { type Family, families } from "./families.ts";
import { type Rotary, rotaryOf } from "./rotary.ts";

export interface LayerConfig {
  /** Positions a query sees, itself included; all before it when undefined. */
  readonly window: number | undefined;
  readonly rotary: Rotary | undefined;
  /** Scores are queries · keys times this. */
  readonly attentionScale: number;
}

export interface ModelConfig {
  readonly family: Family;
  readonly layers: readonly LayerConfig[];
  readonly dModel: number;
  readonly heads: number;
  /** Heads of keys and values; queries share them in groups. */
  readonly kvHeads: number;
  readonly dHead: number;
  /** Units of one MLP. */
  readonly dMlp: number;
  readonly vocabulary: number;
  /** The longest prompt it was made for. */
  readonly context: number;
  readonly epsilon: number;
  readonly curve: Curve;
  /** Attention and MLP read the same residual stream and write to it together. */
  readonly parallel: boolean;
  readonly embeddingScale: number;
  /** Gemma-2: attention scores and logits pass through cap · tanh(x / cap). */
  readonly scoreCap: number | undefined;
  readonly logitCap: number | undefined;
  /** The unembedding is the embedding. */
  readonly tied: boolean;
  readonly bosId: number | undefined;
  readonly eosIds: readonly number[];
}

const curves: Record<string, Curve> = {
  silu: "silu",
  swish: "silu",
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "geluTanh",
  gelu_pytorch_tanh: "geluTanh",
  gelu_python_tanh: "geluTanh",
  gelu_accurate: "geluTanh",
  gelu_fast: "geluTanh",
  quick_gelu: "geluQuick",
  relu: "relu",
  relu2: "reluSquared",
  tanh: "tanh",
};

/** Typed looks into an unknown record, with the config's own words in the message. */
export class Settings {
  readonly record: Readonly<Record<string, unknown>>;
  constructor(record: Readonly<Record<string, unknown>>) {
    this.record = record;
  }
  /** The first of these names that holds a number. */
  number(...names: string[]): number | undefined {
    for (const name of names) {
      const value = this.record[name];
      if (typeof value === "number" && Number.isFinite(value)) return value;
    }
    return undefined;
  }
  /** A positive whole number; a Problem when there is none. */
  count(...names: string[]): number {
    const value = this.number(...names);
    if (value === undefined || !Number.isInteger(value) || value < 1 || value > 2 ** 31) {
      throw new Problem(
        `config.json says ${names[0]} = ${JSON.stringify(this.record[names[0]!])}, a positive whole number is needed`,
      );
    }
    return value;
  }
  text(name: string): string | undefined {
    const value = this.record[name];
    return typeof value === "string" ? value : undefined;
  }
  flag(name: string): boolean | undefined {
    const value = this.record[name];
    return typeof value === "boolean" ? value : undefined;
  }
  within(name: string): Settings | undefined {
    const value = this.record[name];
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? new Settings(value as Record<string, unknown>)
      : undefined;
  }
  list(name: string): readonly unknown[] | undefined {
    const value = this.record[name];
    return Array.isArray(value) ? value : undefined;
  }
}

/** Throws a Problem when the family is unknown or a size is missing or impossible. */
export function modelConfig(record: Readonly<Record<string, unknown>>): ModelConfig {
  const outer = new Settings(record);
  const nested = outer.within("text_config");
  // Multimodal checkpoints keep the language model's settings one level down, what all parts share above.
  const inside = nested && familyOf(nested) !== undefined;
  const family = familyOf(inside ? nested : outer);
  if (!family) {
    throw new Problem(
      `config.json is of model type "${outer.text("model_type") ?? "none"}", which Lucida does not know`,
      {
        advice: `a model of type ${families.flatMap(f => f.modelTypes).join(", ")}`,
      },
    );
  }
  const shared = ["tie_word_embeddings", "bos_token_id", "eos_token_id"].filter(name => record[name] !== undefined);
  const settings = new Settings({
    ...family.defaults,
    ...(inside ? Object.fromEntries(shared.map(name => [name, record[name]])) : {}),
    ...(inside ? nested.record : record),
  });
  refuse(settings, outer);
  const count = settings.count("num_hidden_layers", "n_layer");
  if (count > 1000)
    throw new Problem(`config.json asks for ${count} layers; the deepest real models have fewer than 200`);
  const dModel = settings.count("hidden_size", "n_embd");
  const heads = settings.count("num_attention_heads", "n_head");
  const kvHeads = settings.number("num_key_value_heads") === undefined ? heads : settings.count("num_key_value_heads");
  // Where heads do not fill the width they are cut short, as the original does; the weights' shapes then decide.
  const dHead = settings.number("head_dim") === undefined ? Math.floor(dModel / heads) : settings.count("head_dim");
  if (heads % kvHeads !== 0) throw new Problem(`${heads} query heads cannot share ${kvHeads} key heads evenly`);
  const curveName =
    settings.text("hidden_activation") ??
    settings.text("hidden_act") ??
    settings.text("activation_function") ??
    family.curve;
  const curve = curves[curveName];
  if (!curve)
    throw new Problem(`the activation "${curveName}" is not known here`, {
      advice: `one of ${Object.keys(curves).join(", ")}`,
    });
  const eos = settings.list("eos_token_id") ?? [settings.number("eos_token_id")];
  const layers = Array.from({ length: count }, (_, layer) => layerConfig(settings, family, layer, count, dHead));
  return {
    family,
    dModel,
    heads,
    kvHeads,
    dHead,
    dMlp:
      settings.number("intermediate_size", "n_inner") === undefined
        ? 4 * dModel
        : settings.count("intermediate_size", "n_inner"),
    vocabulary: settings.count("vocab_size"),
    context: Math.max(
      settings.number("max_position_embeddings", "n_positions") ?? 2048,
      ...layers.map(layer => layer.rotary?.reach ?? 0),
    ),
    epsilon: settings.number("rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon") ?? 1e-5,
    curve,
    parallel: family.parallel ? (settings.flag("use_parallel_residual") ?? true) : false,
    embeddingScale: family.scaledEmbedding ? Math.sqrt(dModel) : 1,
    scoreCap: family.caps === "logits and scores" ? settings.number("attn_logit_softcapping") : undefined,
    logitCap: family.caps === "none" ? undefined : settings.number("final_logit_softcapping"),
    tied: settings.flag("tie_word_embeddings") ?? family.tied,
    bosId: settings.number("bos_token_id"),
    eosIds: eos.filter((id): id is number => typeof id === "number"),
    layers,
  };
}

/** What this family's config may ask for and is not done here. */
function refuse(settings: Settings, outer: Settings): void {
  if (settings.flag("use_bidirectional_attention")) {
    throw new Problem("config.json asks for attention in both directions (use_bidirectional_attention)", {
      advice: "a model that writes text from left to right",
    });
  }
  const quantised = outer.within("quantization_config");
  if (quantised) {
    throw new Problem(`the weights are quantised with ${quantised.text("quant_method") ?? "an unnamed method"}`, {
      advice: "the model in float32, float16 or bfloat16, or as a GGUF file",
    });
  }
}

function familyOf(settings: Settings): Family | undefined {
  const type = settings.text("model_type");
  return families.find(f => f.modelTypes.includes(type ?? ""));
}

function layerConfig(settings: Settings, family: Family, layer: number, count: number, dHead: number): LayerConfig {
  const sliding = isSliding(settings, family, layer, count);
  const scalar = settings.number("query_pre_attn_scalar");
  let attentionScale = 1 / Math.sqrt(scalar ?? dHead);
  if (settings.flag("scale_attn_weights") === false) attentionScale = 1;
  if (settings.flag("scale_attn_by_inverse_layer_idx")) attentionScale /= layer + 1;
  return {
    window: sliding ? settings.count("sliding_window") : undefined,
    rotary: family.positions === "rotary" ? rotaryOf(settings, family, sliding, dHead) : undefined,
    attentionScale,
  };
}

/** Does this layer see a window only? Newer configs list it; older ones follow their family's habit. */
function isSliding(settings: Settings, family: Family, layer: number, count: number): boolean {
  if (family.sliding === "never" || settings.number("sliding_window") === undefined) return false;
  if (family.sliding === "when asked" && settings.flag("use_sliding_window") !== true) return false;
  const types = settings.list("layer_types");
  if (types) {
    if (types.length !== count) throw new Problem(`config.json lists ${types.length} layer_types for ${count} layers`);
    if (types[layer] !== "sliding_attention" && types[layer] !== "full_attention")
      throw new Problem(`layer ${layer} is of the type ${JSON.stringify(types[layer])}, which is not known here`, {
        advice: "a model whose layer_types are full_attention and sliding_attention",
      });
    return types[layer] === "sliding_attention";
  }
  switch (family.sliding) {
    case "always":
      return true;
    case "by pattern": {
      const period = settings.number("sliding_window_pattern", "_sliding_window_pattern") ?? family.slidingPeriod ?? 2;
      return (layer + 1) % period !== 0;
    }
    case "when asked":
      return layer >= (settings.number("max_window_layers") ?? count);
  }
}
