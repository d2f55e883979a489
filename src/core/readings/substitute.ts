/** The same program with some inputs worked out from other expressions: how two readings are joined into one program. */
import { apply } from "../apply.ts";
import { type Expr, isLeaf, nameOf, type Outputs, topological } from "../expr.ts";
import { opOf } from "../ops/table.ts";

/** Replaces inputs by name. */
export function substitute(outputs: Outputs, replace: Readonly<Record<string, Expr>>): Outputs {
  const changed = new Map<Expr, Expr>();
  for (const e of topological(Object.values(outputs))) {
    if (isLeaf(e)) changed.set(e, e.op === "input" ? (replace[nameOf(e)] ?? e) : e);
    else
      changed.set(
        e,
        apply(
          opOf(e.op),
          e.args.map(arg => changed.get(arg)!),
          e.attrs,
        ),
      );
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, changed.get(e)!]));
}
