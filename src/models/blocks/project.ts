import { type Expr, weight } from "../../core/expr.ts";
import { add } from "../../core/ops/add.ts";
import { linear } from "../../core/ops/linear.ts";
import type { BlockContext } from "./context.ts";

/** x through the weight of this name [out, in], and its bias where the file has one. */
export function project(context: BlockContext, x: Expr, name: string, out: number): Expr {
  const width = x.shape.at(-1) as number;
  const y = linear(x, weight(name, [out, width]));
  return context.has(`${name}.bias`) ? add(y, weight(`${name}.bias`, [out])) : y;
}
