import { apply } from "../apply.ts";
import { eachRow } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";

/** x minus its mean along the last axis. Linear, and its own pull-back. */
export const centreOp: Op = {
  name: "centre",
  shape: ([x]) => x!,
  forward([x]) {
    const out = x!.data.slice();
    eachRow(x!.shape, (start, length) => {
      let mean = 0;
      for (let i = 0; i < length; i++) mean += out[start + i]! / length;
      for (let i = 0; i < length; i++) out[start + i]! -= mean;
    });
    return out;
  },
  pullback: pull => [centre(pull)],
  lower: (emit, [x]) => emit.node("Sub", [x!, emit.node("ReduceMean", [x!, emit.ints([-1])], { keepdims: 1 })]),
};

export const centre = (x: Expr): Expr => apply(centreOp, [x]);
