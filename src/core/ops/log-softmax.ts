import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { add } from "./add.ts";
import { sumLast } from "./inverse-rms.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";
import { softmax, softmaxOp } from "./softmax.ts";

/** log softmax along the last axis, for losses. */
export const logSoftmaxOp: Op = {
  name: "logSoftmax",
  shape: ([x]) => x!,
  forward: (args, attrs, shape) => softmaxOp.forward(args, attrs, shape).map(Math.log),
  pullback: (pull, [x]) => [add(pull, scale(mul(softmax(x!), sumLast(pull)), -1))],
  lower: (emit, [x]) => emit.node("LogSoftmax", [x!], { axis: -1 }),
};

export const logSoftmax = (x: Expr): Expr => apply(logSoftmaxOp, [x]);
