import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";

/** cap · tanh(x / cap): Gemma-2's limit on attention scores and logits. */
export const softCapOp: Op = {
  name: "softCap",
  shape: ([x]) => x!,
  forward: ([x], { cap }) => x!.data.map(v => (cap as number) * Math.tanh(v / (cap as number))),
  // 1 − tanh² = 1 − (y / cap)²
  pullback(pull, _args, y) {
    const cap = y.attrs.cap as number;
    return [add(pull, scale(mul(pull, mul(y, y)), -1 / (cap * cap)))];
  },
  lower(emit, [x], node) {
    const cap = node.attrs.cap as number;
    return emit.node("Mul", [emit.node("Tanh", [emit.node("Mul", [x!, emit.float(1 / cap)])]), emit.float(cap)]);
  },
};

export const softCap = (x: Expr, cap: number): Expr => apply(softCapOp, [x], { cap });
