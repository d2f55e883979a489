import { apply } from "../apply.ts";
import { zip } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { broadcast } from "../shape.ts";
import { add } from "./add.ts";
import { scale } from "./scale.ts";
import { sumTo } from "./sum-to.ts";

/**
 * a · b, elementwise, stretched. Frozen, a product of two things that both depend on the prompt's linear inputs gives
 * each of them half the credit: ½(a·b₀ + a₀·b), which equals a·b at the recorded point and is of degree 1, so that
 * contributions add up (the half rule of RelP, arXiv 2508.21258).
 */
export const mulOp: Op = {
  name: "mul",
  shape: ([a, b]) => broadcast(a!, b!),
  forward: ([a, b], _attrs, shape) => zip(a!, b!, shape, (x, y) => x * y),
  pullback: (pull, [a, b]) => [sumTo(mul(pull, b!), a!.shape), sumTo(mul(pull, a!), b!.shape)],
  freeze: ([a, b], live, recorded) =>
    live[0] && live[1] ? scale(add(mul(a!, recorded(1)), mul(recorded(0), b!)), 0.5) : mul(a!, b!),
  lower: (emit, [a, b]) => emit.node("Mul", [a!, b!]),
};

export const mul = (a: Expr, b: Expr): Expr => apply(mulOp, [a, b]);
