import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";

/**
 * A named place: the value passes through unchanged. Recording gives it by name; a frozen reading takes it by name.
 * `constant` says that it is a constant of the prompt when frozen (attention patterns, norm scales).
 */
export const tapOp: Op = {
  name: "tap",
  shape: ([x]) => x!,
  forward: ([x]) => x!.data.slice(),
  pullback: pull => [pull],
  lower: (_emit, [x]) => x!,
};

export const tap = (x: Expr, name: string, constant = false): Expr => apply(tapOp, [x], { name, constant });
