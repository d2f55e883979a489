import { apply } from "../apply.ts";
import { eachIndex, stretched, strides } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { countOf, sameShape } from "../shape.ts";
import { sumTo } from "./sum-to.ts";

/** Repeats along axes of size 1 (and new leading axes) up to the shape of `like`. The pull-back of `sumTo`. */
export const stretchToOp: Op = {
  name: "stretchTo",
  shape: ([, like]) => like!,
  forward([x], _attrs, shape) {
    const out = new Float64Array(countOf(shape));
    const step = strides(x!.shape);
    eachIndex(shape, (flat, index) => {
      out[flat] = x!.data[stretched(x!.shape, step, index)]!;
    });
    return out;
  },
  pullback: (pull, [x]) => [sumTo(pull, x!.shape), undefined],
  lower: (emit, [x, like]) => emit.node("Expand", [x!, emit.node("Shape", [like!])]),
};

export const stretchTo = (x: Expr, like: Expr): Expr =>
  sameShape(x.shape, like.shape) ? x : apply(stretchToOp, [x, like]);
