import { apply } from "../apply.ts";
import { eachRow } from "../arrays.ts";
import type { Expr } from "../expr.ts";
import type { Op } from "../op.ts";
import { internal } from "../problem.ts";
import { softmaxOp } from "./softmax.ts";

/**
 * −log softmax(x)[id] for one whole-number id a row; result [..., 1]. `pick(logSoftmax(x), ids)` says the same, but over
 * a vocabulary its pull-back walks the logits seven times; this one three times.
 *
 * On a device a probability below 1e-37 counts as 1e-37 (a surprise of 85 nats); its pull is exact all the same.
 */
export const crossEntropyOp: Op = {
  name: "crossEntropy",
  shape: ([x]) => [...x!.slice(0, -1), 1],
  forward([x, ids]) {
    const out: number[] = [];
    eachRow(x!.shape, (start, length) => {
      const row = x!.data.subarray(start, start + length);
      const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const sum = row.reduce((a, b) => a + Math.exp(b - top), 0);
      out.push(top + Math.log(sum) - row[ids!.data[out.length]!]!);
    });
    return Float64Array.from(out);
  },
  pullback: (pull, [x, ids]) => [apply(crossEntropyPullOp, [pull, x!, ids!]), undefined],
  lower(emit, [x, ids]) {
    // The same Softmax node as in the pull-back: the runtime works out equal nodes once.
    const probabilities = emit.node("Softmax", [x!], { axis: -1 });
    const right = emit.node("GatherElements", [probabilities, emit.node("Unsqueeze", [ids!, emit.ints([-1])])], {
      axis: -1,
    });
    return emit.node("Neg", [emit.node("Log", [emit.node("Max", [right, emit.float(1e-37)])])]);
  },
};

/** pull [..., 1] times (softmax(x) − 1 at the id): the pull-back of `crossEntropy`. */
export const crossEntropyPullOp: Op = {
  name: "crossEntropyPull",
  shape: ([, x]) => x!,
  forward([pull, x, ids], attrs, shape) {
    const out = softmaxOp.forward([x!], attrs, shape);
    const width = shape.at(-1)!;
    ids!.data.forEach((id, i) => {
      out[i * width + id]! -= 1;
      for (let j = 0; j < width; j++) out[i * width + j]! *= pull!.data[i]!;
    });
    return out;
  },
  pullback() {
    throw internal("second derivatives of losses are not written");
  },
  lower(emit, [pull, x, ids]) {
    const spread = emit.node("Mul", [emit.node("Softmax", [x!], { axis: -1 }), pull!]);
    const at = emit.node("Unsqueeze", [ids!, emit.ints([-1])]);
    return emit.node("ScatterElements", [spread, at, emit.node("Neg", [pull!])], { axis: -1, reduction: "add" });
  },
};

export const crossEntropy = (x: Expr, ids: Expr): Expr => apply(crossEntropyOp, [x, ids]);
