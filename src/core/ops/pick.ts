import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { countOf } from "../shape.ts";

/** x[..., id] for one whole-number id a row: the log-probability of each right token. Result [..., 1]. */
export const pickOp: Op = {
  name: "pick",
  shape: ([x]) => [...x!.slice(0, -1), 1],
  forward: ([x, ids]) => Float64Array.from(ids!.data, (id, i) => x!.data[i * x!.shape.at(-1)! + id]!),
  pullback: (pull, [x, ids]) => [apply(placeOp, [pull, ids!], { size: x!.shape.at(-1)! }), undefined],
  lower: (emit, [x, ids]) =>
    emit.node("GatherElements", [x!, emit.node("Unsqueeze", [ids!, emit.ints([-1])])], { axis: -1 }),
};

/** The number of each row [..., 1] at its id, zeros elsewhere [..., size]: the pull-back of `pick`. */
export const placeOp: Op = {
  name: "place",
  shape: ([x], { size }) => [...x!.slice(0, -1), size as number],
  forward([x, ids], { size }, shape) {
    const out = new Float64Array(countOf(shape));
    ids!.data.forEach((id, i) => {
      out[i * (size as number) + id] = x!.data[i]!;
    });
    return out;
  },
  pullback() {
    throw internal("second derivatives of losses are not written");
  },
  lower(emit, [x, ids], node) {
    // OneHot wants int64 ids in this runtime.
    const at = emit.node("Cast", [ids!], { to: 7 });
    const [zero, one] = [0, 1].map(v => emit.node("Unsqueeze", [emit.float(v), emit.ints([0])]));
    const values = emit.node("Concat", [zero!, one!], { axis: 0 });
    return emit.node("Mul", [
      emit.node("OneHot", [at, emit.ints([node.attrs.size as number]), values], { axis: -1 }),
      x!,
    ]);
  },
};

export const pick = (x: Expr, ids: Expr): Expr => apply(pickOp, [x, ids]);
