/**
 * The training reading: weights become inputs, because they change between runs, and the loss is pulled back to each.
 */
import { type Expr, input, nameOf, type Outputs, topological } from "../expr.ts";
import { internal } from "../problem.ts";
import { pullback } from "./pullback.ts";

/** The same program with its weights, or those that are named, as inputs of the same names. */
export function weightsAsInputs(outputs: Outputs, which: (name: string) => boolean = () => true): Outputs {
  const changed = new Map<Expr, Expr>();
  /** A weight that is named twice is one weight: two inputs of a name would each have a gradient, and one would be lost. */
  const inputs = new Map<string, Expr>();
  const inputFor = (e: Expr): Expr => {
    const made = inputs.get(nameOf(e)) ?? input(nameOf(e), e.shape);
    inputs.set(nameOf(e), made);
    return made;
  };
  for (const e of topological(Object.values(outputs))) {
    changed.set(
      e,
      e.op === "weight" && which(nameOf(e))
        ? inputFor(e)
        : e.args.length === 0
          ? e
          : { ...e, args: e.args.map(a => changed.get(a)!) },
    );
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, changed.get(e)!]));
}

/**
 * The loss and its pull on every weight, as `gradient.<weight>`.
 * @param outputs one of them is `loss`, a single number (shape []); the others are kept
 */
export function training(outputs: Outputs): Outputs {
  const names = new Set(
    topological(Object.values(outputs))
      .filter(e => e.op === "weight")
      .map(nameOf),
  );
  const open = weightsAsInputs(outputs);
  const loss = open.loss;
  if (loss?.shape.length !== 0) throw internal("a training program has one output called loss, a single number");
  const leaves = topological([loss]).filter(e => e.op === "input" && names.has(nameOf(e)));
  const one: Expr = { op: "scalar", args: [], attrs: { value: 1 }, shape: [], ints: false };
  const pulls = pullback([[loss, one]], leaves);
  const gradients: Record<string, Expr> = {};
  leaves.forEach((leaf, i) => {
    if (pulls[i]) gradients[`gradient.${nameOf(leaf)}`] = pulls[i];
  });
  return { ...open, ...gradients };
}
