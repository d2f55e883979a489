import { apply } from "../apply.ts";
import { eachIndex, stretched, strides } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { countOf } from "../shape.ts";
import { scale } from "./scale.ts";

/**
 * Rotary positions: the last axis is two halves (a, b), turned to (a·cos − b·sin, b·cos + a·sin). `cos` and `sin` are
 * [..., half] and stretch. The pull-back turns the other way.
 */
export const rotaryOp: Op = {
  name: "rotary",
  shape([x, cos, sin]) {
    if (x!.at(-1) !== (cos!.at(-1) as number) * 2 || cos!.at(-1) !== sin!.at(-1)) {
      throw internal(`${x!.at(-1)} features do not turn by ${cos!.at(-1)} angles`);
    }
    return x!;
  },
  forward([x, cos, sin], _attrs, shape) {
    const out = new Float64Array(countOf(shape));
    const half = shape.at(-1)! / 2;
    const rows = shape.slice(0, -1);
    const lead = cos!.shape.slice(0, -1);
    const step = strides(lead);
    eachIndex(rows, (flat, index) => {
      const angle = stretched(lead, step, index) * half;
      for (let i = 0; i < half; i++) {
        const a = x!.data[flat * 2 * half + i]!;
        const b = x!.data[flat * 2 * half + half + i]!;
        const c = cos!.data[angle + i]!;
        const s = sin!.data[angle + i]!;
        out[flat * 2 * half + i] = a * c - b * s;
        out[flat * 2 * half + half + i] = b * c + a * s;
      }
    });
    return out;
  },
  pullback: (pull, [, cos, sin]) => [rotary(pull, cos!, scale(sin!, -1)), undefined, undefined],
  lower(emit, [x, cos, sin], node) {
    const size = node.shape.at(-1) as number;
    const axis = emit.ints([-1]);
    const a = emit.node("Slice", [x!, emit.ints([0]), emit.ints([size / 2]), axis]);
    const b = emit.node("Slice", [x!, emit.ints([size / 2]), emit.ints([size]), axis]);
    const first = emit.node("Sub", [emit.node("Mul", [a, cos!]), emit.node("Mul", [b, sin!])]);
    const second = emit.node("Add", [emit.node("Mul", [b, cos!]), emit.node("Mul", [a, sin!])]);
    return emit.node("Concat", [first, second], { axis: -1 });
  },
};

export const rotary = (x: Expr, cos: Expr, sin: Expr): Expr => apply(rotaryOp, [x, cos, sin]);
