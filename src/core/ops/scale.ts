import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";

/** x times one number that is written in the program. */
export const scaleOp: Op = {
  name: "scale",
  shape: ([x]) => x!,
  forward: ([x], { by }) => x!.data.map(v => v * (by as number)),
  pullback: (pull, _args, result) => [scale(pull, result.attrs.by as number)],
  lower: (emit, [x], node) => emit.node("Mul", [x!, emit.float(node.attrs.by as number)]),
};

export const scale = (x: Expr, by: number): Expr => (by === 1 ? x : apply(scaleOp, [x], { by }));
