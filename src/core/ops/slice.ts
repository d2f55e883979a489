import { apply } from "../apply.ts";
import { eachIndex, strides } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { pad } from "./pad.ts";

/** Places [start, end) of one axis, whose size must be a number. */
export const sliceOp: Op = {
  name: "slice",
  shape([x], { axis, start, end }) {
    const size = x![axis as number];
    if (typeof size !== "number" || (end as number) > size || (start as number) > (end as number)) {
      throw internal(`cannot take ${start} to ${end} of an axis of ${size}`);
    }
    return x!.map((d, i) => (i === axis ? (end as number) - (start as number) : d));
  },
  forward([x], { axis, start }, shape) {
    const step = strides(x!.shape);
    const out = new Float64Array(shape.reduce((a, b) => a * b, 1));
    const shift = (start as number) * step[axis as number]!;
    eachIndex(shape, (flat, index) => {
      let from = shift;
      for (let i = 0; i < index.length; i++) from += index[i]! * step[i]!;
      out[flat] = x!.data[from]!;
    });
    return out;
  },
  pullback(pull, [x], result) {
    const { axis, start, end } = result.attrs as { axis: number; start: number; end: number };
    return [pad(pull, axis, start, (x!.shape[axis] as number) - end)];
  },
  lower(emit, [x], node) {
    const { axis, start, end } = node.attrs as { axis: number; start: number; end: number };
    return emit.node("Slice", [x!, emit.ints([start]), emit.ints([end]), emit.ints([axis])]);
  },
};

export const slice = (x: Expr, axis: number, start: number, end: number): Expr =>
  start === 0 && end === x.shape[axis] ? x : apply(sliceOp, [x], { axis, start, end });
