import { apply } from "../apply.ts";
import { eachRow } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { add } from "./add.ts";
import { sumLast } from "./inverse-rms.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";

/** Along the last axis. */
export const softmaxOp: Op = {
  name: "softmax",
  shape: ([x]) => x!,
  forward([x]) {
    const out = x!.data.slice();
    eachRow(x!.shape, (start, length) => {
      const row = out.subarray(start, start + length);
      const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      let sum = 0;
      for (let i = 0; i < length; i++) {
        row[i] = Math.exp(row[i]! - top);
        sum += row[i]!;
      }
      for (let i = 0; i < length; i++) row[i]! /= sum;
    });
    return out;
  },
  // y · (pull − Σ pull · y): the minus stands on the small sum, since a pass over a pattern costs more than an op.
  pullback: (pull, _args, y) => [mul(y, add(pull, scale(sumLast(mul(pull, y)), -1)))],
  lower: (emit, [x]) => emit.node("Softmax", [x!], { axis: -1 }),
};

export const softmax = (x: Expr): Expr => apply(softmaxOp, [x]);
