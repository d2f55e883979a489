/** Builds an expression from an op's row; the shape is worked out at once, so a misfit is met where it was written. */
import type { Attrs, Expr } from "./expr.ts";
import type { Op } from "./op.ts";

export function apply(op: Op, args: readonly Expr[], attrs: Attrs = {}): Expr {
  return {
    op: op.name,
    args,
    attrs,
    shape: op.shape(
      args.map(a => a.shape),
      attrs,
    ),
    ints: false,
  };
}
