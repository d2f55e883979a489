/**
 * What a dictionary is trained by: the share of the variance that it does not rebuild, and for thresholds the number of
 * active features; and the auxiliary loss that brings silent features back.
 */
import { type Expr, input, type Outputs, scalar, weight } from "../../core/expr.ts";
import { activation as curve } from "../../core/ops/activation.ts";
import { add } from "../../core/ops/add.ts";
import { concat } from "../../core/ops/concat.ts";
import { linear } from "../../core/ops/linear.ts";
import { mul } from "../../core/ops/mul.ts";
import { scale } from "../../core/ops/scale.ts";
import { sumTo } from "../../core/ops/sum-to.ts";
import { topK } from "../../core/ops/top-k.ts";
import type { Plan } from "./plan.ts";
import { normal, rebuilt, transcode } from "./transcode.ts";

/** What a program is given of a side [row, dModel], normalised. */
const given = (side: "read" | "write", dModel: number, suffix = ""): Expr =>
  normal(input(`${side}${suffix}`, ["row", dModel]), side, suffix);

/**
 * `loss`, a mean over layers; `error.<layer>` [row, dModel], what was to be written minus what is; `fired.<layer>`
 * [features], how many of the rows each feature is active in.
 */
export function dictionaryLoss(plan: Plan, layers: readonly number[], rows: number): Outputs {
  const { dModel, features, activation } = plan;
  const transcoded = layers.map(layer => transcode(plan, layer, given("read", dModel, `.${layer}`)));
  const outputs: Record<string, Expr> = {};
  let loss: Expr | undefined;
  layers.forEach((layer, i) => {
    const error = add(given("write", dModel, `.${layer}`), scale(rebuilt(plan, transcoded, i), -1));
    let own = scale(sumTo(mul(error, error), []), 1 / (rows * dModel * layers.length));
    if (activation.kind === "jumprelu") {
      // (active / k − 1)²: Gemma Scope 2's penalty, which has its rest at the number that was asked for.
      const off = add(scale(sumTo(transcoded[i]!.mask, []), 1 / (rows * activation.k)), scalar(-1));
      own = add(own, scale(mul(off, off), activation.weight / layers.length));
    }
    loss = loss ? add(loss, own) : own;
    outputs[`error.${layer}`] = error;
    outputs[`fired.${layer}`] = sumTo(transcoded[i]!.mask, [features]);
  });
  return { loss: loss!, ...outputs };
}

export interface Revival {
  /** Silent features that are tried in one step. */
  readonly slots: number;
  /** Of them, how many a token may use. */
  readonly active: number;
}

/**
 * AuxK (Gao et al. 2024, arXiv 2406.04093): silent features alone rebuild what the others leave over, so they learn
 * where they are needed. Weights `encoder` [slots, dModel], `encoderBias` [slots], `decoder` [slots, outputs · dModel] are
 * the silent features' own rows; `error.0` and so on, a layer written to each, are constants here. Their ReLU is on even
 * where the dictionary has none.
 */
export function revivalLoss(plan: Plan, outputs: number, { slots, active }: Revival, rows: number): Outputs {
  const { dModel } = plan;
  const width = outputs * dModel;
  const read = given("read", dModel);
  const pre = add(linear(read, weight("encoder", [slots, dModel])), weight("encoderBias", [slots]));
  const wrote = linear(topK(curve(pre, "relu"), active), weight("decoder", [slots, width]), true);
  const left = concat(
    Array.from({ length: outputs }, (_, i) => input(`error.${i}`, ["row", dModel])),
    1,
  );
  const off = add(wrote, scale(left, -1));
  return { loss: scale(sumTo(mul(off, off), []), 1 / (32 * rows * width)) };
}
