/**
 * Other libraries' names for places in a model, as our `Hook`.
 */
import { Problem } from "../../core/problem.ts";
import type { Hook } from "./dictionary.ts";

/** TransformerLens and circuit-tracer, without `blocks.N.`. */
const lens: Readonly<Record<string, Hook>> = {
  hook_resid_pre: "residual.in",
  hook_resid_mid: "mid",
  hook_mlp_in: "mid",
  "ln2.hook_normalized": "normalized",
  "mlp.hook_in": "mlp.in",
  "mlp.hook_out": "mlp.raw",
  hook_mlp_out: "mlp.out",
  hook_resid_post: "residual.out",
};

/** Hugging Face modules, without `model.layers.N.`; what a hook takes of the module behind the last dot. */
const modules: Readonly<Record<string, Hook>> = {
  "pre_feedforward_layernorm.output": "mlp.in",
  "post_feedforward_layernorm.output": "mlp.out",
  "mlp.input": "mlp.in",
  "mlp.output": "mlp.raw",
  input: "residual.in",
  output: "residual.out",
};

export interface Place {
  readonly layer: number | undefined;
  readonly hook: Hook;
}

/** `blocks.3.hook_mlp_out`, `mlp.hook_in`, `model.layers.3.mlp.output` … Throws a Problem for a name it doesn't know. */
export function placeNamed(name: string, where: string): Place {
  const match = /^(?:model\.)?(?:blocks|layers|transformer\.h|h|gpt_neox\.layers)\.(\d+)\.(.+)$/.exec(name);
  const rest = match?.[2] ?? name;
  const hook = own(lens, rest) ?? own(modules, rest);
  if (hook) return { layer: match ? Number(match[1]) : undefined, hook };
  throw new Problem(`the dictionary reads or writes at "${name.slice(0, 100)}", a place that Lucida does not know`, {
    where,
    advice: `a dictionary made at one of ${Object.keys(lens).join(", ")}`,
  });
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
