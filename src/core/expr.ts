/**
 * The expression graph: ops as data.
 *
 * A model's block is written once, as expressions over inputs and weights, and then *read* in several ways
 * (`readings/`): evaluated plainly, recorded, frozen, pulled back, lowered to a device. An expression knows its op's
 * name, its arguments, its attributes and its shape; it holds no numbers and does not know who will read it.
 */
import type { Shape } from "./shape.ts";

export type Attrs = Readonly<Record<string, unknown>>;

export interface Expr {
  /** A row of the op table (`ops/table.ts`), or one of the leaves "input", "weight", "scalar". */
  readonly op: string;
  readonly args: readonly Expr[];
  readonly attrs: Attrs;
  readonly shape: Shape;
  readonly ints: boolean;
}

const leaf = (op: string, shape: Shape, attrs: Attrs, ints = false): Expr => ({ op, args: [], attrs, shape, ints });

/** A value that changes from run to run. */
export const input = (name: string, shape: Shape): Expr => leaf("input", shape, { name });

/** An input of whole numbers: token ids, targets. */
export const intInput = (name: string, shape: Shape): Expr => leaf("input", shape, { name }, true);

/** A value that is the same in every run: a device may keep and rearrange it. In training, weights become inputs. */
export const weight = (name: string, shape: readonly number[]): Expr => leaf("weight", shape, { name });

/** One number. */
export const scalar = (value: number): Expr => leaf("scalar", [], { value });

export const isLeaf = (e: Expr): boolean => e.op === "input" || e.op === "weight" || e.op === "scalar";

export const nameOf = (e: Expr): string => String(e.attrs.name);

/**
 * Every expression below `roots`, arguments before their users. No recursion: deep models do not exhaust the stack.
 * What lies below an expression for which `isCut` holds is not visited.
 */
export function topological(roots: readonly Expr[], isCut: (e: Expr) => boolean = () => false): Expr[] {
  const order: Expr[] = [];
  const state = new Map<Expr, number>();
  const stack: Expr[] = [...roots].reverse();
  while (stack.length > 0) {
    const e = stack[stack.length - 1]!;
    const next = state.get(e) ?? 0;
    if (next < e.args.length && !isCut(e)) {
      state.set(e, next + 1);
      const arg = e.args[next]!;
      if (!state.has(arg)) stack.push(arg);
    } else {
      stack.pop();
      if (next !== Number.POSITIVE_INFINITY) {
        state.set(e, Number.POSITIVE_INFINITY);
        order.push(e);
      }
    }
  }
  return order;
}

/** The program's named results. */
export type Outputs = Readonly<Record<string, Expr>>;

/** The inputs and weights that a set of outputs reads, by name, in a stable order. */
export function leavesOf(outputs: Outputs): { inputs: Map<string, Expr>; weights: Map<string, Expr> } {
  const inputs = new Map<string, Expr>();
  const weights = new Map<string, Expr>();
  for (const e of topological(Object.values(outputs))) {
    if (e.op === "input") inputs.set(nameOf(e), e);
    if (e.op === "weight") weights.set(nameOf(e), e);
  }
  return { inputs, weights };
}
