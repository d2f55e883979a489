/**
 * A dictionary as expressions: from what is read at each layer to what is active and what is written. The same graph is
 * trained (on normalised numbers), measured (on raw ones), and put in the place of MLPs.
 */
import { type Expr, input, scalar, weight } from "../../core/expr.ts";
import { add } from "../../core/ops/add.ts";
import { above, jumpRelu } from "../../core/ops/jump-relu.ts";
import { linear } from "../../core/ops/linear.ts";
import { mul } from "../../core/ops/mul.ts";
import { slice } from "../../core/ops/slice.ts";
import { topKMask } from "../../core/ops/top-k.ts";
import { named, outputsOf, type Plan } from "./plan.ts";

/** Raw numbers [..., dModel] with the mean gone and divided by the scale: inputs, which `normalisationInputs` gives. */
export function normal(raw: Expr, side: "read" | "write", suffix: string): Expr {
  const centred = add(raw, input(`${side}MinusMean${suffix}`, [raw.shape.at(-1)!]));
  return mul(centred, input(`${side}PerScale${suffix}`, [1]));
}

export interface Transcoded {
  /** [..., features] before anything is dropped. */
  readonly pre: Expr;
  /** [..., features] 1 where a feature is active. */
  readonly mask: Expr;
  /** [..., outputs · dModel]: what the active features write to this layer and, one after the other, to those above. */
  readonly wrote: Expr;
  /** Bias and skip connection: [..., dModel], or [dModel] without a skip connection. */
  readonly linear: Expr;
}

/** One layer, from what it reads [..., dModel]. */
export function transcode(plan: Plan, layer: number, read: Expr): Transcoded {
  const { features, dModel, activation } = plan;
  const encoder = weight(named("encoder", layer), [features, dModel]);
  const pre = add(linear(read, encoder), weight(named("encoderBias", layer), [features]));
  let mask: Expr;
  let active: Expr;
  if (activation.kind === "topk") {
    mask = topKMask(pre, activation.k);
    if (activation.rectified) mask = mul(mask, above(pre, scalar(0), 1));
    active = mul(pre, mask);
  } else {
    const threshold = weight(named("threshold", layer), [features]);
    mask = above(pre, threshold, activation.bandwidth);
    active = jumpRelu(pre, threshold, activation.bandwidth);
  }
  const wrote = linear(active, weight(named("decoder", layer), [features, outputsOf(plan, layer) * dModel]), true);
  const bias = weight(named("decoderBias", layer), [dModel]);
  const skip = plan.skip ? linear(read, weight(named("skip", layer), [dModel, dModel])) : undefined;
  return { pre, mask, wrote, linear: skip ? add(skip, bias) : bias };
}

/**
 * What the dictionary writes at a layer [..., dModel]: what features of this layer, and in a cross-layer dictionary of
 * those below it, write there. `transcoded` by place in the plan's layers (or in a group of them), up to `target`.
 */
export function rebuilt(plan: Plan, transcoded: readonly Transcoded[], target: number): Expr {
  const { dModel } = plan;
  const lowest = plan.kind === "cross-layer" ? 0 : target;
  let out = transcoded[target]!.linear;
  for (let source = target; source >= lowest; source--) {
    const { wrote } = transcoded[source]!;
    const at = (target - source) * dModel;
    out = add(slice(wrote, wrote.shape.length - 1, at, at + dModel), out);
  }
  return out;
}
