/**
 * The pull-back: from pulls on the outputs to pulls on chosen expressions below them, as a new program. Reverse mode,
 * after micrograd and JAX: each op knows its own rule, this only walks and adds.
 */
import { type Expr, isLeaf, topological } from "../expr.ts";
import { add } from "../ops/add.ts";
import { opOf } from "../ops/table.ts";
import { internal } from "../problem.ts";
import { sameShape, showShape } from "../shape.ts";

/**
 * @param seeds output expressions, each with the pull on it (an expression of the same shape)
 * @param wrt   expressions to pull back to; the result has one entry each, in order, undefined where nothing flows
 */
export function pullback(
  seeds: readonly (readonly [output: Expr, pull: Expr])[],
  wrt: readonly Expr[],
): (Expr | undefined)[] {
  const order = topological(seeds.map(([output]) => output));
  const targets = new Set(wrt);
  const live = new Set<Expr>();
  for (const e of order) if (targets.has(e) || e.args.some(arg => live.has(arg))) live.add(e);

  const pulls = new Map<Expr, Expr>();
  const give = (e: Expr, pull: Expr): void => {
    if (!sameShape(e.shape, pull.shape))
      throw internal(`a pull of ${showShape(pull.shape)} on ${e.op} ${showShape(e.shape)}`);
    const had = pulls.get(e);
    pulls.set(e, had ? add(had, pull) : pull);
  };
  for (const [output, pull] of seeds) give(output, pull);
  for (const e of order.reverse()) {
    const pull = pulls.get(e);
    if (!pull || isLeaf(e) || !e.args.some(arg => live.has(arg))) continue;
    opOf(e.op)
      .pullback(pull, e.args, e)
      .forEach((p, i) => {
        if (p && live.has(e.args[i]!)) give(e.args[i]!, p);
      });
  }
  return wrt.map(e => pulls.get(e));
}
