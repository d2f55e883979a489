import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { countOf } from "../shape.ts";

/** Rows of a table [rows, width] by whole-number ids [...]: [..., width]. */
export const embedOp: Op = {
  name: "embed",
  shape: ([table, ids]) => [...ids!, table![1]!],
  forward([table, ids], _attrs, shape) {
    const out = new Float64Array(countOf(shape));
    const width = table!.shape[1]!;
    ids!.data.forEach((id, i) => {
      out.set(table!.data.subarray(id * width, (id + 1) * width), i * width);
    });
    return out;
  },
  pullback: (pull, [table, ids]) => [
    table!.op === "weight" ? undefined : apply(scatterOp, [pull, ids!], { rows: table!.shape[0]! }),
    undefined,
  ],
  lower: (emit, [table, ids]) => emit.node("Gather", [table!, ids!], { axis: 0 }),
};

/** Adds rows [..., width] into a table of zeros at their ids: the pull-back of `embed`. */
export const scatterOp: Op = {
  name: "scatter",
  shape: ([x], { rows }) => [rows as number, x!.at(-1)!],
  forward([x, ids], _attrs, shape) {
    const out = new Float64Array(countOf(shape));
    const width = shape[1]!;
    ids!.data.forEach((id, i) => {
      for (let j = 0; j < width; j++) out[id * width + j]! += x!.data[i * width + j]!;
    });
    return out;
  },
  pullback() {
    throw internal("second derivatives of embeddings are not written");
  },
  lower(emit, [x, ids], node) {
    // Not ScatterND, which is shorter: with several threads this runtime adds rows of one id in any order, and loses some.
    const zeros = emit.node("ConstantOfShape", [emit.ints(node.shape as number[])]);
    const pulls = emit.node("Reshape", [x!, emit.ints([-1, node.shape[1] as number])]);
    const at = emit.node("Expand", [emit.node("Reshape", [ids!, emit.ints([-1, 1])]), emit.node("Shape", [pulls])]);
    return emit.node("ScatterElements", [zeros, at, pulls], { axis: 0, reduction: "add" });
  },
};

export const embed = (table: Expr, ids: Expr): Expr => apply(embedOp, [table, ids]);
