/** The same program with its weights called otherwise: how one block's definition serves every layer of one program. */
import { type Expr, nameOf, type Outputs, topological, weight } from "../expr.ts";

/** Renames weights; everything else stays as it is. */
export function renameWeights(outputs: Outputs, rename: (name: string) => string): Outputs {
  const changed = new Map<Expr, Expr>();
  for (const e of topological(Object.values(outputs))) {
    if (e.op === "weight") changed.set(e, weight(rename(nameOf(e)), e.shape as number[]));
    else changed.set(e, e.args.length === 0 ? e : { ...e, args: e.args.map(arg => changed.get(arg)!) });
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, changed.get(e)!]));
}
