import { apply } from "../apply.ts";
import { eachIndex, stretched, strides } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { broadcast, countOf, showShape } from "../shape.ts";
import { sumTo } from "./sum-to.ts";

/** Products of the last two axes; `ta`, `tb` read an argument transposed; leading axes stretch. */
export const matmulOp: Op = {
  name: "matmul",
  shape([a, b], { ta, tb }) {
    const [m, k] = ta ? [a!.at(-1)!, a!.at(-2)!] : [a!.at(-2)!, a!.at(-1)!];
    const [k2, n] = tb ? [b!.at(-1)!, b!.at(-2)!] : [b!.at(-2)!, b!.at(-1)!];
    if (k !== k2) throw internal(`${showShape(a!)} and ${showShape(b!)} have no common inner size`);
    return [...broadcast(a!.slice(0, -2), b!.slice(0, -2)), m, n];
  },
  forward([a, b], { ta, tb }, shape) {
    const out = new Float64Array(countOf(shape));
    const [m, n] = [shape.at(-2)!, shape.at(-1)!];
    const k = ta ? a!.shape.at(-2)! : a!.shape.at(-1)!;
    const leadA = a!.shape.slice(0, -2);
    const leadB = b!.shape.slice(0, -2);
    const stepA = strides(leadA);
    const stepB = strides(leadB);
    eachIndex(shape.slice(0, -2), (flat, index) => {
      const offA = stretched(leadA, stepA, index) * m * k;
      const offB = stretched(leadB, stepB, index) * k * n;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let q = 0; q < k; q++) {
            sum += a!.data[offA + (ta ? q * m + i : i * k + q)]! * b!.data[offB + (tb ? j * k + q : q * n + j)]!;
          }
          out[(flat * m + i) * n + j] = sum;
        }
      }
    });
    return out;
  },
  pullback(pull, [a, b], result) {
    const { ta, tb } = result.attrs as { ta: boolean; tb: boolean };
    const da = ta ? matmul(b!, pull, tb, true) : matmul(pull, b!, false, !tb);
    const db = tb ? matmul(pull, a!, true, ta) : matmul(a!, pull, !ta, false);
    return [sumTo(da, a!.shape), sumTo(db, b!.shape)];
  },
  lower(emit, [a, b], node) {
    const { ta, tb } = node.attrs as { ta: boolean; tb: boolean };
    if (!ta && !tb) return emit.node("MatMul", [a!, b!]);
    return emit.node("FusedMatMul", [a!, b!], { transA: ta ? 1 : 0, transB: tb ? 1 : 0, alpha: 1 }, "com.microsoft");
  },
};

export const matmul = (a: Expr, b: Expr, ta = false, tb = false): Expr => apply(matmulOp, [a, b], { ta, tb });
