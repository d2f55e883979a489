import { apply } from "../apply.ts";
import { eachRow } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";
import { sumTo } from "./sum-to.ts";

/**
 * 1 / √(mean(x²) + ε) along the last axis, which stays as size 1: the scale of an RMSNorm, and of a LayerNorm when x
 * is centred. It stands alone, and a norm is `mul(x, inverseRms(x))`, so that a frozen norm is a norm whose scale is a
 * recorded constant.
 */
export const inverseRmsOp: Op = {
  name: "inverseRms",
  shape: ([x]) => x!.map((d, i) => (i === x!.length - 1 ? 1 : d)),
  forward([x], { epsilon }) {
    const out: number[] = [];
    eachRow(x!.shape, (start, length) => {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += x!.data[start + i]! ** 2;
      out.push(1 / Math.sqrt(sum / length + (epsilon as number)));
    });
    return Float64Array.from(out);
  },
  // d/dx (mean x² + ε)^-½ = -y³ x / n
  pullback(pull, [x], y) {
    const n = x!.shape.at(-1) as number;
    return [mul(x!, scale(mul(pull, mul(y, mul(y, y))), -1 / n))];
  },
  lower(emit, [x], node) {
    const square = emit.node("ReduceMean", [emit.node("Mul", [x!, x!]), emit.ints([-1])], { keepdims: 1 });
    return emit.node("Reciprocal", [
      emit.node("Sqrt", [emit.node("Add", [square, emit.float(node.attrs.epsilon as number)])]),
    ]);
  },
};

export const inverseRms = (x: Expr, epsilon: number): Expr => apply(inverseRmsOp, [x], { epsilon });

/** Sum along the last axis, which stays as size 1. */
export const sumLast = (x: Expr): Expr => sumTo(x, [...x.shape.slice(0, -1), 1]);
