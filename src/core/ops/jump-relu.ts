import { apply } from "../apply.ts";
import { zip } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { broadcast } from "../shape.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";
import { sumTo } from "./sum-to.ts";

const isWindow = (x: number, threshold: number, width: number) => (Math.abs(x - threshold) < width / 2 ? 1 : 0);

/**
 * x where x > θ, else 0 (θ stretches). θ learns through a straight-through estimate: a rectangle of `bandwidth` round
 * the jump (Rajamanoharan et al. 2024, arXiv 2407.14435, eq. 11).
 */
export const jumpReluOp: Op = {
  name: "jumpRelu",
  shape: ([x, threshold]) => broadcast(x!, threshold!),
  forward: ([x, threshold], _attrs, shape) => zip(x!, threshold!, shape, (v, t) => (v > t ? v : 0)),
  pullback(pull, [x, threshold], result) {
    const width = result.attrs.bandwidth as number;
    const near = apply(windowOp, [x!, threshold!], { bandwidth: width });
    return [
      mul(pull, apply(aboveOp, [x!, threshold!], { bandwidth: width })),
      sumTo(scale(mul(mul(pull, near), threshold!), -1 / width), threshold!.shape),
    ];
  },
  lower: (emit, [x, threshold]) =>
    emit.node("Mul", [x!, emit.node("Cast", [emit.node("Greater", [x!, threshold!])], { to: 1 })]),
};

/** 1 where x > θ: an L0 count. Its pull goes to θ through the same rectangle. */
export const aboveOp: Op = {
  name: "above",
  shape: ([x, threshold]) => broadcast(x!, threshold!),
  forward: ([x, threshold], _attrs, shape) => zip(x!, threshold!, shape, (v, t) => (v > t ? 1 : 0)),
  pullback(pull, [x, threshold], result) {
    const width = result.attrs.bandwidth as number;
    const near = apply(windowOp, [x!, threshold!], { bandwidth: width });
    return [undefined, sumTo(scale(mul(pull, near), -1 / width), threshold!.shape)];
  },
  lower: (emit, [x, threshold]) => emit.node("Cast", [emit.node("Greater", [x!, threshold!])], { to: 1 }),
};

/** 1 where x is within half a bandwidth of θ. */
export const windowOp: Op = {
  name: "window",
  shape: ([x, threshold]) => broadcast(x!, threshold!),
  forward: ([x, threshold], { bandwidth }, shape) =>
    zip(x!, threshold!, shape, (v, t) => isWindow(v, t, bandwidth as number)),
  pullback() {
    throw internal("the rectangle of a jump is a constant");
  },
  lower(emit, [x, threshold], node) {
    const distance = emit.node("Abs", [emit.node("Sub", [x!, threshold!])]);
    return emit.node("Cast", [emit.node("Less", [distance, emit.float((node.attrs.bandwidth as number) / 2)])], {
      to: 1,
    });
  },
};

export const jumpRelu = (x: Expr, threshold: Expr, bandwidth: number): Expr =>
  apply(jumpReluOp, [x, threshold], { bandwidth });
export const above = (x: Expr, threshold: Expr, bandwidth: number): Expr =>
  apply(aboveOp, [x, threshold], { bandwidth });
