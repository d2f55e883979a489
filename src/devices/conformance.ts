/**
 * The cases that every device answers: each op alone, on small random arguments, forward and pulled back. A test
 * runs them on a device and compares with the reference, and when they differ says by how much and where.
 */
import { type Expr, input, intInput, nameOf, type Outputs, topological, weight } from "../core/expr.ts";
import { activation, activationRatio, type Curve } from "../core/ops/activation.ts";
import { add } from "../core/ops/add.ts";
import { centre } from "../core/ops/centre.ts";
import { concat } from "../core/ops/concat.ts";
import { crossEntropy } from "../core/ops/cross-entropy.ts";
import { embed } from "../core/ops/embed.ts";
import { inverseRms, sumLast } from "../core/ops/inverse-rms.ts";
import { above, jumpRelu } from "../core/ops/jump-relu.ts";
import { linear } from "../core/ops/linear.ts";
import { logSoftmax } from "../core/ops/log-softmax.ts";
import { matmul } from "../core/ops/matmul.ts";
import { mul } from "../core/ops/mul.ts";
import { pad } from "../core/ops/pad.ts";
import { pick } from "../core/ops/pick.ts";
import { reshape } from "../core/ops/reshape.ts";
import { inverse, root } from "../core/ops/root.ts";
import { rotary } from "../core/ops/rotary.ts";
import { scale } from "../core/ops/scale.ts";
import { slice } from "../core/ops/slice.ts";
import { softCap } from "../core/ops/soft-cap.ts";
import { softmax } from "../core/ops/softmax.ts";
import { stretchTo } from "../core/ops/stretch-to.ts";
import { sumTo } from "../core/ops/sum-to.ts";
import { tap } from "../core/ops/tap.ts";
import { topK } from "../core/ops/top-k.ts";
import { transpose } from "../core/ops/transpose.ts";
import { normal, random } from "../core/random.ts";
import { pullback } from "../core/readings/pullback.ts";
import { concrete, countOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

export interface Case {
  readonly name: string;
  /** The op on inputs called x, y, z and ids. */
  readonly result: Expr;
  readonly given: Readonly<Record<string, Tensor>>;
  /** Names of the float inputs through which a pull goes back. */
  readonly wrt: readonly string[];
  /** Not differentiable there, or an estimate by design: no finite differences. */
  readonly rough?: boolean;
}

export interface Sizes {
  readonly batch: number;
  readonly token: number;
  readonly width: number;
  readonly seed: number;
}

const x3 = (width: number) => input("x", ["batch", "token", width]);

/** All cases at these sizes; `width` is made even where halves are turned. */
export function cases(sizes: Sizes): Case[] {
  const { batch, token, width } = sizes;
  const next = normal(random(sizes.seed));
  const dims = new Map([
    ["batch", batch],
    ["token", token],
  ]);
  const make = (
    name: string,
    result: Expr,
    more: { wrt?: string[]; rough?: boolean; positive?: boolean } = {},
  ): Case => {
    const given: Record<string, Tensor> = {};
    const wrt: string[] = [];
    for (const e of topological([result]).filter(e => e.op === "input" || e.op === "weight")) {
      const leafName = nameOf(e);
      const shape = concrete(e.shape, dims);
      const n = countOf(shape);
      if (e.ints)
        given[leafName] = tensor(
          shape,
          Int32Array.from({ length: n }, (_, i) => (i * 7 + 1) % 3),
        );
      else {
        given[leafName] = tensor(
          shape,
          Float32Array.from({ length: n }, () => (more.positive ? 0.5 + Math.abs(next()) : next())),
        );
        if (e.op === "input") wrt.push(leafName);
      }
    }
    return { name, result, given, wrt: more.wrt ?? wrt, ...(more.rough ? { rough: true } : {}) };
  };
  const even = width * 2;
  const x = x3(width);
  const ids = intInput("ids", ["batch", "token"]);
  const curves: Curve[] = ["silu", "gelu", "geluTanh", "geluQuick", "relu", "reluSquared", "tanh"];
  return [
    make("add", add(x, input("y", ["batch", "token", width]))),
    make("add, stretched", add(x, input("y", [width]))),
    make("mul", mul(x, input("y", ["batch", "token", width]))),
    make("mul, stretched both ways", mul(input("x", ["batch", 1, width]), input("y", ["token", 1]))),
    make("scale", scale(x, -1.7)),
    make("sumTo leading", sumTo(x, [width])),
    make("sumTo inner", sumTo(x, ["batch", 1, width])),
    make("sumLast", sumLast(x)),
    make("stretchTo", stretchTo(input("y", [1, width]), x), { wrt: ["y"] }),
    make("reshape", reshape(x3(even), ["batch", "token", 2, width])),
    make("transpose", transpose(input("x", ["batch", "token", 2, width]), [0, 2, 1, 3])),
    make("slice", slice(x3(width + 3), 2, 1, width + 1)),
    make("pad", pad(x, 2, 1, 2)),
    make("concat", concat([x, input("y", ["batch", "token", 3])], 2)),
    make("linear", linear(x, input("w", [3, width]))),
    make("linear, flipped", linear(x, input("w", [width, 3]), true)),
    make("linear by a weight", linear(x, weight("w", [3, width]))),
    make("matmul", matmul(x, input("y", ["batch", width, 4]))),
    make("matmul, a transposed", matmul(x, input("y", ["batch", "token", 4]), true)),
    make("matmul, b transposed", matmul(x, input("y", [5, width]), false, true)),
    make(
      "matmul, both, stretched",
      matmul(input("x", ["batch", 1, width, "token"]), input("y", [2, 4, width]), true, true),
    ),
    make("centre", centre(x)),
    make("inverseRms", inverseRms(x, 1e-5)),
    make("softmax", softmax(x)),
    make("logSoftmax", logSoftmax(x)),
    ...curves.map(curve => make(`activation ${curve}`, activation(x, curve))),
    ...curves.map(curve => make(`activationRatio ${curve}`, activationRatio(x, curve), { wrt: [] })),
    make("softCap", softCap(x, 2.5)),
    make(
      "rotary",
      rotary(input("x", ["batch", 3, "token", even]), input("y", ["token", width]), input("z", ["token", width])),
      { wrt: ["x"] },
    ),
    make("embed", embed(input("x", [3, width]), ids)),
    make("pick", pick(x3(3), ids)),
    make("crossEntropy", crossEntropy(x3(3), ids)),
    make("tap", tap(x, "name")),
    make("root", root(x), { positive: true }),
    make("inverse", inverse(x), { positive: true }),
    make("topK", topK(x3(8), 3)),
    make("jumpRelu", jumpRelu(x, input("y", [width]), 0.5), { rough: true }),
    make("above", above(x, input("y", [width]), 0.5), { rough: true }),
  ];
}

/** The case's result, and its pull-back from a pull called "pull" on each input in `wrt`. */
export function programOf(c: Case): Outputs {
  const pull = input("pull", c.result.shape);
  const leaves = new Map<string, Expr>();
  for (const e of topological([c.result])) if (e.op === "input") leaves.set(nameOf(e), e);
  const outputs: Record<string, Expr> = { result: c.result };
  if (c.wrt.length > 0) {
    const targets = c.wrt.map(name => leaves.get(name)!);
    pullback([[c.result, pull]], targets).forEach((p, i) => {
      if (p) outputs[`pull.${c.wrt[i]}`] = p;
    });
  }
  return outputs;
}
