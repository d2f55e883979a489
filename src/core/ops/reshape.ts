import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import type { Dim, Shape } from "../shape.ts";

/** The same numbers in another shape. A named size may move; the device works out at most one of them. */
export const reshapeOp: Op = {
  name: "reshape",
  shape: (_args, { to }) => to as Shape,
  forward: ([x]) => x!.data.slice(),
  pullback: (pull, [x]) => [reshape(pull, x!.shape)],
  lower: (emit, [x], node) => emit.node("Reshape", [x!, emit.reshapeTo(node.args[0]!.shape, node.shape)]),
};

export const reshape = (x: Expr, to: readonly Dim[]): Expr => apply(reshapeOp, [x], { to });
