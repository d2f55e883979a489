import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";

/** √x, for optimisers. */
export const rootOp: Op = {
  name: "root",
  shape: ([x]) => x!,
  forward: ([x]) => x!.data.map(Math.sqrt),
  pullback: (pull, _args, y) => [scale(mul(pull, inverse(y)), 0.5)],
  lower: (emit, [x]) => emit.node("Sqrt", [x!]),
};

/** 1 / x. */
export const inverseOp: Op = {
  name: "inverse",
  shape: ([x]) => x!,
  forward: ([x]) => x!.data.map(v => 1 / v),
  pullback: (pull, _args, y) => [scale(mul(pull, mul(y, y)), -1)],
  lower: (emit, [x]) => emit.node("Reciprocal", [x!]),
};

export const root = (x: Expr): Expr => apply(rootOp, [x]);
export const inverse = (x: Expr): Expr => apply(inverseOp, [x]);
