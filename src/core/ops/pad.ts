import { apply } from "../apply.ts";
import { eachIndex, strides } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { slice } from "./slice.ts";

/** Zeros before and after along one axis: the pull-back of `slice`. */
export const padOp: Op = {
  name: "pad",
  shape: ([x], { axis, before, after }) =>
    x!.map((d, i) => (i === axis ? (d as number) + (before as number) + (after as number) : d)),
  forward([x], { axis, before }, shape) {
    const out = new Float64Array(shape.reduce((a, b) => a * b, 1));
    const step = strides(shape);
    const shift = (before as number) * step[axis as number]!;
    eachIndex(x!.shape, (flat, index) => {
      let to = shift;
      for (let i = 0; i < index.length; i++) to += index[i]! * step[i]!;
      out[to] = x!.data[flat]!;
    });
    return out;
  },
  pullback(pull, [x], result) {
    const { axis, before } = result.attrs as { axis: number; before: number };
    return [slice(pull, axis, before, before + (x!.shape[axis] as number))];
  },
  lower(emit, [x], node) {
    const { axis, before, after } = node.attrs as { axis: number; before: number; after: number };
    return emit.node("Pad", [x!, emit.ints([before, after]), "", emit.ints([axis])], { mode: "constant" });
  },
};

export const pad = (x: Expr, axis: number, before: number, after: number): Expr =>
  before === 0 && after === 0 ? x : apply(padOp, [x], { axis, before, after });
