import { apply } from "../apply.ts";
import { eachIndex, strides } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";

/** Axes in another order: axis i of the result is axis order[i] of x. */
export const transposeOp: Op = {
  name: "transpose",
  shape: ([x], { order }) => (order as number[]).map(axis => x![axis]!),
  forward([x], { order }, shape) {
    const step = strides(x!.shape);
    const out = new Float64Array(x!.data.length);
    const moved = (order as number[]).map(axis => step[axis]!);
    eachIndex(shape, (flat, index) => {
      let from = 0;
      for (let i = 0; i < index.length; i++) from += index[i]! * moved[i]!;
      out[flat] = x!.data[from]!;
    });
    return out;
  },
  pullback(pull, _args, result) {
    const order = result.attrs.order as number[];
    return [
      transpose(
        pull,
        order.map((_, i) => order.indexOf(i)),
      ),
    ];
  },
  lower: (emit, [x], node) => emit.node("Transpose", [x!], { perm: node.attrs.order as number[] }),
};

export const transpose = (x: Expr, order: readonly number[]): Expr => apply(transposeOp, [x], { order });
