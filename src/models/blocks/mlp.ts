/**
 * One MLP block as expressions, in two halves so that its units can be looked at and changed in between: `read` (norm
 * and input weights to unit activations) and `write` (units to the residual stream).
 */
import type { Expr } from "../../core/expr.ts";
import { activation } from "../../core/ops/activation.ts";
import { add } from "../../core/ops/add.ts";
import { mul } from "../../core/ops/mul.ts";
import { tap } from "../../core/ops/tap.ts";
import type { BlockContext } from "./context.ts";
import { norm } from "./norm.ts";
import { project } from "./project.ts";

/**
 * Unit activations [batch, token, dMlp] from the residual stream.
 * Taps: `mlp.in` (after the norm's gain), `up`, `hidden`; gated blocks also `gate` and `act`.
 */
export function read(context: BlockContext, x: Expr): Expr {
  const { config } = context;
  const seen = tap(norm(context, x, "norm2", config.dModel), "mlp.in");
  const up = tap(project(context, seen, "up", config.dMlp), "up");
  if (config.family.mlp === "plain") return tap(activation(up, config.curve), "hidden");
  const gate = tap(project(context, seen, "gate", config.dMlp), "gate");
  return tap(mul(tap(activation(gate, config.curve), "act"), up), "hidden");
}

/** `mid` plus what the units write [batch, token, dModel]. Taps: `mlp.raw` before the post-norm, `mlp.out` after. */
export function write(context: BlockContext, mid: Expr, hidden: Expr): Expr {
  const { config } = context;
  const raw = tap(project(context, hidden, "down", config.dModel), "mlp.raw");
  return add(mid, tap(config.family.postNorms ? norm(context, raw, "postNorm2", config.dModel) : raw, "mlp.out"));
}
