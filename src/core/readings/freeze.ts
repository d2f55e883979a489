/**
 * The frozen reading: the same program with everything non-linear held at what it was on one prompt, so that it is
 * linear (affine, with its biases) in the inputs that stay live. Constants are taken from the recording by name:
 * they become inputs of the frozen program.
 *
 * - a tap marked `constant` (attention pattern, norm scale) is replaced by the recorded value;
 * - an op with a `freeze` rule (activations, products) reads by that rule;
 * - everything else stays as it is.
 */

import { apply } from "../apply.ts";
import { type Expr, input, isLeaf, nameOf, type Outputs, topological } from "../expr.ts";
import { opOf } from "../ops/table.ts";
import { internal } from "../problem.ts";

/** The recorded value of a tap, as an input of a frozen program. */
export const recordedName = (tapName: string): string => `recorded.${tapName}`;

/**
 * @param live names of the inputs in which the program is to be linear; other inputs are constants of the prompt
 * @param batch the name of the axis over which many targets share one prompt: recorded values have size 1 there
 * @returns outputs over the live inputs, the weights, and inputs `recorded.<tap>` for each constant that is needed
 */
export function freeze(outputs: Outputs, live: ReadonlySet<string>, batch?: string): Outputs {
  const frozen = new Map<Expr, Expr>();
  const isLive = new Map<Expr, boolean>();
  const constants = new Map<string, Expr>();
  const constant = (tap: Expr): Expr => {
    const name = recordedName(nameOf(tap));
    if (!constants.has(name))
      constants.set(
        name,
        input(
          name,
          tap.shape.map(dim => (dim === batch ? 1 : dim)),
        ),
      );
    return constants.get(name)!;
  };
  const isConstant = (e: Expr): boolean => e.op === "tap" && e.attrs.constant === true;
  // What only leads to a constant (queries, keys, scores) is not part of the frozen program.
  for (const e of topological(Object.values(outputs), isConstant)) {
    if (isLeaf(e)) {
      frozen.set(e, e);
      isLive.set(e, e.op === "input" && live.has(nameOf(e)));
      continue;
    }
    if (isConstant(e)) {
      frozen.set(e, constant(e));
      isLive.set(e, false);
      continue;
    }
    const args = e.args.map(arg => frozen.get(arg)!);
    const lives = e.args.map(arg => isLive.get(arg)!);
    const recorded = (i: number): Expr => {
      const arg = e.args[i]!;
      if (arg.op !== "tap") throw internal(`argument ${i} of ${e.op} must be a tap to be frozen, and is ${arg.op}`);
      return constant(arg);
    };
    const rule = opOf(e.op).freeze;
    frozen.set(e, rule ? rule(args, lives, recorded, e.attrs) : apply(opOf(e.op), args, e.attrs));
    isLive.set(e, lives.some(Boolean));
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, e]) => [name, frozen.get(e)!]));
}
