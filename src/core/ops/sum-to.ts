import { apply } from "../apply.ts";
import { eachIndex, stretched, strides } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { countOf, type Dim, type Shape, sameShape, showShape } from "../shape.ts";
import { stretchTo } from "./stretch-to.ts";

/** Sums away what stretching added: the pull-back of stretching. The target's sizes may be names. */
export const sumToOp: Op = {
  name: "sumTo",
  shape: ([x], { to }) => {
    const target = to as Shape;
    if (target.length > x!.length) throw internal(`${showShape(x!)} cannot be summed to ${showShape(target)}`);
    return target;
  },
  forward([x], _attrs, shape) {
    const out = new Float64Array(countOf(shape));
    const step = strides(shape);
    eachIndex(x!.shape, (flat, index) => {
      out[stretched(shape, step, index)]! += x!.data[flat]!;
    });
    return out;
  },
  pullback: (pull, [x]) => [stretchTo(pull, x!)],
  lower(emit, [x], node) {
    const from = node.args[0]!.shape;
    const extra = from.length - node.shape.length;
    const leading = Array.from({ length: extra }, (_, i) => i);
    const ones = node.shape.flatMap((d, i) => (d === 1 && from[i + extra] !== 1 ? [i + extra] : []));
    let y = x!;
    if (ones.length > 0) y = emit.node("ReduceSum", [y, emit.ints(ones)], { keepdims: 1 });
    if (leading.length > 0) y = emit.node("ReduceSum", [y, emit.ints(leading)], { keepdims: 0 });
    return y;
  },
};

export const sumTo = (x: Expr, to: readonly Dim[]): Expr => (sameShape(x.shape, to) ? x : apply(sumToOp, [x], { to }));
