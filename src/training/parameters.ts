/**
 * The weights of a decoder in training: which there are, who optimises each, and what they are at the start.
 * Knows nothing of how they are saved or moved.
 */
import { leavesOf } from "../core/expr.ts";
import { internal } from "../core/problem.ts";
import { normal, random } from "../core/random.ts";
import { countOf } from "../core/shape.ts";
import type { ModelConfig } from "../models/config.ts";
import { decoder } from "./decoder.ts";

/** Muon moves the matrices inside the layers; AdamW the tables (embedding, unembedding) and the gains of norms. */
export type ParameterKind = "matrix" | "table" | "gain";

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
}

export type Values = Map<string, Float32Array<ArrayBuffer>>;

/** In an order that depends on the config alone. */
export function parametersOf(config: ModelConfig): Parameter[] {
  const { weights } = leavesOf({ logits: decoder(config).logits });
  return [...weights].map(([name, e]) => {
    const shape = e.shape as number[];
    const kind = shape.length === 1 ? "gain" : name.startsWith("layers.") ? "matrix" : "table";
    return { name, shape, kind };
  });
}

/**
 * Tables N(0, 0.02²); matrices N(0, (½/√in)²), those that write to the residual stream smaller by √(2 · layers), so that
 * the stream starts about as large however deep the model is; gains 1.
 */
export function initialValues(config: ModelConfig, seed: number): Values {
  const next = normal(random(seed));
  const depth = Math.sqrt(2 * config.layers.length);
  return new Map(
    parametersOf(config).map(({ name, shape, kind }) => {
      if (kind === "gain") return [name, new Float32Array(countOf(shape)).fill(1)];
      const writes = /\.(attentionOut|down)$/.test(name);
      const spread = kind === "table" ? 0.02 : 0.5 / Math.sqrt(shape[1]!) / (writes ? depth : 1);
      return [name, Float32Array.from({ length: countOf(shape) }, () => spread * next())];
    }),
  );
}

export function valueNamed(values: Values, name: string): Float32Array<ArrayBuffer> {
  const data = values.get(name);
  if (!data) throw internal(`no weight is called "${name}"`);
  return data;
}
