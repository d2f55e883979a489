/**
 * Newton-Schulz: a matrix with the same singular directions, and all singular values near 1, by products alone.
 * Five steps of the quintic of Jordan et al. (Muon, 2024); values end up in about 0.7 to 1.2, which is near enough.
 */
import { type Expr, input, type Outputs, scalar } from "../../core/expr.ts";
import { add } from "../../core/ops/add.ts";
import { matmul } from "../../core/ops/matmul.ts";
import { mul } from "../../core/ops/mul.ts";
import { inverse, root } from "../../core/ops/root.ts";
import { scale } from "../../core/ops/scale.ts";
import { sumTo } from "../../core/ops/sum-to.ts";

const [a, b, c] = [3.4445, -4.775, 2.0315];

/** `x` → `y`, both [count, rows, columns]: many matrices of one shape together. */
export function newtonSchulz(count: number, rows: number, columns: number, steps = 5): Outputs {
  const x = input("x", [count, rows, columns]);
  const norm = root(sumTo(mul(x, x), [count, 1, 1]));
  // The Frobenius norm is at least the largest singular value, so all of them start below 1.
  let y: Expr = mul(x, inverse(add(norm, scalar(1e-7))));
  const wide = rows <= columns;
  for (let i = 0; i < steps; i++) {
    // On the shorter side: y yᵀ for wide matrices, yᵀ y for tall ones.
    const square = wide ? matmul(y, y, false, true) : matmul(y, y, true, false);
    const turn = add(scale(square, b), scale(matmul(square, square), c));
    y = add(scale(y, a), wide ? matmul(turn, y) : matmul(y, turn));
  }
  return { y };
}
