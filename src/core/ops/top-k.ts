import { apply } from "../apply.ts";
import { eachRow } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { mul } from "./mul.ts";

/** 1 where an entry is among the k largest of its row, 0 elsewhere (ties with the k-th all count). */
export const topKMaskOp: Op = {
  name: "topKMask",
  shape: ([x], { k }) => {
    if ((k as number) > (x!.at(-1) as number)) throw internal(`the ${k} largest of ${x!.at(-1)}`);
    return x!;
  },
  forward([x], { k }) {
    const out = new Float64Array(x!.data.length);
    eachRow(x!.shape, (start, length) => {
      const row = x!.data.subarray(start, start + length);
      const least = row
        .slice()
        .sort()
        .at(-(k as number))!;
      for (let i = 0; i < length; i++) out[start + i] = row[i]! >= least ? 1 : 0;
    });
    return out;
  },
  // Which entries are largest is a constant nearly everywhere.
  pullback: () => [undefined],
  lower(emit, [x], node) {
    const k = node.attrs.k as number;
    // Unsorted, and then their least: nearly twice as fast as sorted with the last taken.
    const [values] = emit.nodes("TopK", [x!, emit.ints([k])], 2, { axis: -1, largest: 1, sorted: 0 });
    const least = emit.node("ReduceMin", [values!, emit.ints([-1])], { keepdims: 1 });
    return emit.node("Cast", [emit.node("GreaterOrEqual", [x!, least])], { to: 1 });
  },
};

export const topKMask = (x: Expr, k: number): Expr => apply(topKMaskOp, [x], { k });

/** The k largest entries of each row, the rest zero (no ReLU: signs are kept, as in circuit-tracer). */
export const topK = (x: Expr, k: number): Expr => mul(x, topKMask(x, k));
