import { apply } from "../apply.ts";
import { zip } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { broadcast } from "../shape.ts";
import { sumTo } from "./sum-to.ts";

/** a + b, stretched to each other's shape. */
export const addOp: Op = {
  name: "add",
  shape: ([a, b]) => broadcast(a!, b!),
  forward: ([a, b], _attrs, shape) => zip(a!, b!, shape, (x, y) => x + y),
  pullback: (pull, [a, b]) => [sumTo(pull, a!.shape), sumTo(pull, b!.shape)],
  lower: (emit, [a, b]) => emit.node("Add", [a!, b!]),
};

export const add = (a: Expr, b: Expr): Expr => apply(addOp, [a, b]);
