import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { countOf, type Dim, showShape } from "../shape.ts";
import { matmul } from "./matmul.ts";
import { reshape } from "./reshape.ts";

/**
 * x [..., in] through a weight: [out, in] as PyTorch keeps it, or [in, out] when `flipped` (GPT-2's Conv1D, and the
 * pull-back of the other). No bias: that is an `add`, so that it can be told apart in an attribution.
 */
export const linearOp: Op = {
  name: "linear",
  shape([x, w], { flipped }) {
    const [inner, out] = flipped ? [w![0]!, w![1]!] : [w![1]!, w![0]!];
    if (w!.length !== 2 || x!.at(-1) !== inner) throw internal(`${showShape(x!)} does not go through ${showShape(w!)}`);
    return [...x!.slice(0, -1), out];
  },
  forward([x, w], { flipped }, shape) {
    const out = new Float64Array(countOf(shape));
    const width = x!.shape.at(-1)!;
    const n = shape.at(-1)!;
    for (let row = 0; row < out.length / n; row++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let q = 0; q < width; q++)
          sum += x!.data[row * width + q]! * w!.data[flipped ? q * n + j : j * width + q]!;
        out[row * n + j] = sum;
      }
    }
    return out;
  },
  pullback(pull, [x, w], result) {
    const flipped = result.attrs.flipped as boolean;
    // All leading axes are rows: one matrix product gives the weight's pull.
    const rows: Dim = "rows";
    const flatX = reshape(x!, [rows, x!.shape.at(-1)!]);
    const flatPull = reshape(pull, [rows, pull.shape.at(-1)!]);
    const dw = w!.op === "weight" ? undefined : flipped ? matmul(flatX, flatPull, true) : matmul(flatPull, flatX, true);
    return [linear(pull, w!, !flipped), dw];
  },
  lower(emit, [x, w], node) {
    if (node.attrs.flipped) return emit.node("MatMul", [x!, w!]);
    // FusedMatMul rather than Gemm: it takes any number of leading axes and keeps the weight packed once, as it lies.
    return emit.node("FusedMatMul", [x!, w!], { transA: 0, transB: 1, alpha: 1 }, "com.microsoft");
  },
};

export const linear = (x: Expr, w: Expr, flipped = false): Expr => apply(linearOp, [x, w], { flipped });
