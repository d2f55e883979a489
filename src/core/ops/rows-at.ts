import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { countOf } from "../shape.ts";

/** The rows of x [..., width] at these places, counted through all leading axes: [place, width]. No place comes twice. */
export const rowsAtOp: Op = {
  name: "rowsAt",
  shape: ([x, places]) => [...places!, x!.at(-1)!],
  forward([x, places], _attrs, shape) {
    const out = new Float64Array(countOf(shape));
    const width = shape.at(-1)!;
    places!.data.forEach((place, i) => {
      out.set(x!.data.subarray(place * width, (place + 1) * width), i * width);
    });
    return out;
  },
  pullback: (pull, [x, places]) => [apply(rowsBackOp, [pull, places!, x!]), undefined],
  lower: (emit, [x, places], node) =>
    emit.node("Gather", [emit.node("Reshape", [x!, emit.ints([-1, node.shape.at(-1) as number])]), places!], {
      axis: 0,
    }),
};

/** Rows [place, width] at their places, zeros elsewhere, in the shape of `like`: the pull-back of `rowsAt`. */
export const rowsBackOp: Op = {
  name: "rowsBack",
  shape: ([, , like]) => like!,
  forward([rows, places], _attrs, shape) {
    const out = new Float64Array(countOf(shape));
    const width = shape.at(-1)!;
    places!.data.forEach((place, i) => {
      for (let j = 0; j < width; j++) out[place * width + j] = rows!.data[i * width + j]!;
    });
    return out;
  },
  pullback() {
    throw internal("second derivatives of losses are not written");
  },
  lower(emit, [rows, places, like], node) {
    const flat = emit.node("Reshape", [like!, emit.ints([-1, node.shape.at(-1) as number])]);
    const zeros = emit.node("ConstantOfShape", [emit.node("Shape", [flat])]);
    const at = emit.node("Expand", [emit.node("Reshape", [places!, emit.ints([-1, 1])]), emit.node("Shape", [rows!])]);
    const back = emit.node("ScatterElements", [zeros, at, rows!], { axis: 0 });
    return emit.node("Reshape", [back, emit.node("Shape", [like!])]);
  },
};

/** See `rowsAtOp`. */
export const rowsAt = (x: Expr, places: Expr): Expr => apply(rowsAtOp, [x, places]);
