/**
 * One attention block as an expression: residual stream in, residual stream with what attention wrote out.
 *
 * Queries, keys and values may be grouped (kvHeads < heads), normalised head by head, partly or wholly turned, capped,
 * windowed: which of these is data of the config. Frozen, the pattern is a constant and only values and the output
 * projection remain.
 */
import { type Expr, input, weight } from "../../core/expr.ts";
import { add } from "../../core/ops/add.ts";
import { concat } from "../../core/ops/concat.ts";
import { inverseRms } from "../../core/ops/inverse-rms.ts";
import { matmul } from "../../core/ops/matmul.ts";
import { mul } from "../../core/ops/mul.ts";
import { reshape } from "../../core/ops/reshape.ts";
import { rotary } from "../../core/ops/rotary.ts";
import { scale } from "../../core/ops/scale.ts";
import { slice } from "../../core/ops/slice.ts";
import { softCap } from "../../core/ops/soft-cap.ts";
import { softmax } from "../../core/ops/softmax.ts";
import { tap } from "../../core/ops/tap.ts";
import { transpose } from "../../core/ops/transpose.ts";
import type { BlockContext } from "./context.ts";
import { norm } from "./norm.ts";
import { project } from "./project.ts";

export interface AttentionInputs {
  /** [batch, token, dModel] */
  readonly x: Expr;
  /** [token, key] added to scores: 0 or very negative. */
  readonly mask: Expr;
  /** [token, dims / 2] or undefined where positions are learned. */
  readonly cos?: Expr;
  readonly sin?: Expr;
  /** [batch, kvHeads, past, dHead], turned already: what earlier calls computed. */
  readonly pastKeys?: Expr;
  readonly pastValues?: Expr;
}

export interface AttentionParts {
  /** x plus what attention wrote [batch, token, dModel]. */
  readonly mid: Expr;
  /** [batch, kvHeads, key, dHead], past ones included. */
  readonly keys: Expr;
  readonly values: Expr;
  /** [batch, kvHeads, group, token, key] */
  readonly pattern: Expr;
  /** What the block wrote alone [batch, token, dModel]. */
  readonly wrote: Expr;
}

/** The inputs a layer's attention wants, as expressions; `past` for generation. */
export function attentionInputs(context: BlockContext, past: boolean): AttentionInputs {
  const { config, layer } = context;
  const half = layer.rotary ? layer.rotary.dims / 2 : 0;
  const cache = ["batch", config.kvHeads, "past", config.dHead] as const;
  return {
    x: input("x", ["batch", "token", config.dModel]),
    mask: input("mask", ["token", past ? "key" : "token"]),
    ...(layer.rotary ? { cos: input("cos", ["token", half]), sin: input("sin", ["token", half]) } : {}),
    ...(past ? { pastKeys: input("pastKeys", cache), pastValues: input("pastValues", cache) } : {}),
  };
}

export function attention(context: BlockContext, given: AttentionInputs): AttentionParts {
  const { config, layer } = context;
  const { heads, kvHeads, dHead } = config;
  const batch = given.x.shape[0]!;
  const normed = norm(context, given.x, "norm1", config.dModel);

  // [batch, heads, token, dHead]
  const split = (y: Expr, n: number) => transpose(reshape(y, [batch, "token", n, dHead]), [0, 2, 1, 3]);
  const turned = (y: Expr): Expr => {
    if (!layer.rotary || !given.cos || !given.sin) return y;
    const { dims } = layer.rotary;
    const turning = rotary(slice(y, 3, 0, dims), given.cos, given.sin);
    return dims === dHead ? turning : concat([turning, slice(y, 3, dims, dHead)], 3);
  };
  const perHead = (y: Expr, name: string): Expr =>
    config.family.qkNorm ? mul(mul(y, inverseRms(y, config.epsilon)), weight(name, [dHead])) : y;

  const queries = turned(perHead(split(project(context, normed, "queries", heads * dHead), heads), "queryNorm"));
  const newKeys = turned(perHead(split(project(context, normed, "keys", kvHeads * dHead), kvHeads), "keyNorm"));
  const newValues = split(project(context, normed, "values", kvHeads * dHead), kvHeads);
  const keys = given.pastKeys ? concat([given.pastKeys, newKeys], 2, "key") : newKeys;
  const values = given.pastValues ? concat([given.pastValues, newValues], 2, "key") : newValues;
  const key = keys.shape[2]!;

  // Query heads in groups that share a key head: [batch, kvHeads, group, token, dHead].
  const group = heads / kvHeads;
  const grouped = reshape(scale(queries, layer.attentionScale), [batch, kvHeads, group, "token", dHead]);
  const one = (y: Expr) => reshape(y, [batch, kvHeads, 1, key, dHead]);
  const raw = matmul(grouped, one(keys), false, true);
  const scores = add(config.scoreCap === undefined ? raw : softCap(raw, config.scoreCap), given.mask);
  const pattern = tap(softmax(scores), "pattern", true);
  const mixed = reshape(matmul(pattern, one(values)), [batch, heads, "token", dHead]);
  const joined = tap(reshape(transpose(mixed, [0, 2, 1, 3]), [batch, "token", heads * dHead]), "heads");
  const out = project(context, joined, "attentionOut", config.dModel);
  const wrote = tap(config.family.postNorms ? norm(context, out, "postNorm1", config.dModel) : out, "attention.out");
  return { mid: add(given.x, wrote), keys, values, pattern, wrote };
}
