/**
 * The plain reading: float64, one op at a time. It is the definition; every other reading is compared with it.
 */
import { type Expr, nameOf, type Outputs, topological } from "../expr.ts";
import type { Array64 } from "../op.ts";
import { opOf } from "../ops/table.ts";
import { internal } from "../problem.ts";
import { countOf, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Values of the outputs for these inputs and weights (by name). Throws `internal:` when one is missing or misshapen. */
export function evaluate(outputs: Outputs, given: Readonly<Record<string, Tensor>>): Record<string, Array64> {
  const sizes = new Map<string, number>();
  const values = new Map<Expr, Array64>();
  for (const e of topological(Object.values(outputs))) values.set(e, meaning(e, values, given, sizes));
  return Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, values.get(e)!]));
}

function meaning(
  e: Expr,
  values: ReadonlyMap<Expr, Array64>,
  given: Readonly<Record<string, Tensor>>,
  sizes: Map<string, number>,
): Array64 {
  if (e.op === "scalar") return { shape: [], data: Float64Array.of(e.attrs.value as number) };
  if (e.op === "input" || e.op === "weight") {
    const t = given[nameOf(e)];
    if (!t) throw internal(`nothing was given for "${nameOf(e)}"`);
    bind(e.shape, t.shape, sizes, nameOf(e));
    return { shape: t.shape, data: Float64Array.from(t.data) };
  }
  const args = e.args.map(arg => values.get(arg)!);
  const op = opOf(e.op);
  const shape = resolve(
    op.shape(
      args.map(a => a.shape),
      e.attrs,
    ),
    sizes,
    countOf(args[0]?.shape ?? []),
  );
  const data = op.forward(args, e.attrs, shape);
  return { shape, data };
}

/** Learns the sizes of names from what was given. */
function bind(shape: Shape, real: readonly number[], sizes: Map<string, number>, name: string): void {
  const fits =
    shape.length === real.length &&
    shape.every((dim, i) => (typeof dim === "number" ? dim : (sizes.get(dim) ?? real[i])) === real[i]);
  if (!fits) throw internal(`"${name}" is [${real.join(", ")}], expected [${shape.join(", ")}]`);
  shape.forEach((dim, i) => {
    if (typeof dim === "string") sizes.set(dim, real[i]!);
  });
}

/** Sizes for names; one unknown name is whatever is left of `count`. */
function resolve(shape: Shape, sizes: ReadonlyMap<string, number>, count: number): number[] {
  const known = shape.map(dim => (typeof dim === "number" ? dim : sizes.get(dim)));
  const rest = known.reduce<number>((a, b) => a * (b ?? 1), 1);
  return known.map(dim => dim ?? count / rest);
}
