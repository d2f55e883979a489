import { apply } from "../apply.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { countOf, type Dim } from "../shape.ts";
import { slice } from "./slice.ts";

/** One after the other along an axis. Sizes of that axis may be names when `joined` names the result's size. */
export const concatOp: Op = {
  name: "concat",
  shape(args, { axis, joined }) {
    const sizes = args.map(shape => shape[axis as number]!);
    const known = sizes.every(size => typeof size === "number");
    const size = known ? sizes.reduce((sum, n) => sum + n, 0) : (joined as Dim);
    return args[0]!.map((d, i) => (i === axis ? size : d));
  },
  forward(args, { axis }, shape) {
    const out = new Float64Array(countOf(shape));
    const outer = countOf(shape.slice(0, axis as number));
    const width = countOf(shape.slice(axis as number));
    let at = 0;
    for (const arg of args) {
      const part = countOf(arg.shape.slice(axis as number));
      for (let i = 0; i < outer; i++) out.set(arg.data.subarray(i * part, (i + 1) * part), i * width + at);
      at += part;
    }
    return out;
  },
  pullback(pull, args, result) {
    const axis = result.attrs.axis as number;
    let at = 0;
    return args.map(arg => {
      const size = arg.shape[axis] as number;
      at += size;
      return slice(pull, axis, at - size, at);
    });
  },
  lower: (emit, args, node) => emit.node("Concat", args, { axis: node.attrs.axis as number }),
};

export const concat = (parts: readonly Expr[], axis: number, joined?: Dim): Expr =>
  parts.length === 1 ? parts[0]! : apply(concatOp, parts, joined === undefined ? { axis } : { axis, joined });
