import { apply } from "../apply.ts";
import type { Attrs, Expr } from "../expr.ts";
import type { Emitter, Op } from "../op.ts";
import { internal } from "../problem.ts";
import { mul } from "./mul.ts";

/** The curves that MLPs use. `silu` is also called swish; `geluTanh` and `geluQuick` are approximations of `gelu`. */
export type Curve = "silu" | "gelu" | "geluTanh" | "geluQuick" | "relu" | "reluSquared" | "tanh";

interface CurveRow {
  value(x: number): number;
  slope(x: number): number;
  /** value(x) / x, and its limit at 0: what the curve is when frozen. */
  ratio(x: number): number;
  lower(emit: Emitter, x: string): string;
  lowerSlope(emit: Emitter, x: string): string;
  lowerRatio(emit: Emitter, x: string): string;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const c0 = Math.sqrt(2 / Math.PI);
const c1 = 0.044715;
const quick = 1.702;
/** Below this, tanh x / x is 1 to the last digit of a float32: it is 1 − x²/3. */
const flat = 1e-4;

/** erf to float64 precision: its series near 0, a continued fraction of erfc further out. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 60; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let f = 0;
  for (let n = 60; n >= 1; n--) f = n / 2 / (a + f);
  return Math.sign(x) * (1 - Math.exp(-a * a) / ((a + f) * Math.sqrt(Math.PI)));
}

const half = (emit: Emitter, x: string) => emit.node("Mul", [x, emit.float(0.5)]);
const plusOne = (emit: Emitter, x: string) => emit.node("Add", [x, emit.float(1)]);

/** ½(1 + tanh(c0 (x + c1 x³))) */
function tanhGate(emit: Emitter, x: string): string {
  const square = emit.node("Mul", [x, x]);
  const inner = emit.node("Mul", [
    emit.node("Mul", [x, emit.float(c0)]),
    plusOne(emit, emit.node("Mul", [square, emit.float(c1)])),
  ]);
  return half(emit, plusOne(emit, emit.node("Tanh", [inner])));
}

const rows: Record<Curve, CurveRow> = {
  silu: {
    value: x => x * sigmoid(x),
    slope: x => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    ratio: sigmoid,
    lower: (emit, x) => emit.node("Mul", [x, emit.node("Sigmoid", [x])]),
    lowerSlope(emit, x) {
      // With y = x·s, which the forward reading has anyway: s + y·(1 − s).
      const s = emit.node("Sigmoid", [x]);
      const rest = emit.node("Sub", [emit.float(1), s]);
      return emit.node("Add", [s, emit.node("Mul", [emit.node("Mul", [x, s]), rest])]);
    },
    lowerRatio: (emit, x) => emit.node("Sigmoid", [x]),
  },
  gelu: {
    value: x => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    slope: x => 0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp(-x * x * 0.5)) / Math.sqrt(2 * Math.PI),
    ratio: x => 0.5 * (1 + erf(x / Math.SQRT2)),
    lower: (emit, x) => emit.node("Mul", [x, rows.gelu.lowerRatio(emit, x)]),
    lowerSlope(emit, x) {
      const bell = emit.node("Exp", [emit.node("Mul", [emit.node("Mul", [x, x]), emit.float(-0.5)])]);
      const density = emit.node("Mul", [emit.node("Mul", [x, emit.float(1 / Math.sqrt(2 * Math.PI))]), bell]);
      return emit.node("Add", [rows.gelu.lowerRatio(emit, x), density]);
    },
    lowerRatio: (emit, x) =>
      half(emit, plusOne(emit, emit.node("Erf", [emit.node("Mul", [x, emit.float(Math.SQRT1_2)])]))),
  },
  geluTanh: {
    value: x => 0.5 * x * (1 + Math.tanh(c0 * (x + c1 * x ** 3))),
    slope(x) {
      const t = Math.tanh(c0 * (x + c1 * x ** 3));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c0 * (1 + 3 * c1 * x * x);
    },
    ratio: x => 0.5 * (1 + Math.tanh(c0 * (x + c1 * x ** 3))),
    lower: (emit, x) => emit.node("Mul", [x, tanhGate(emit, x)]),
    lowerSlope(emit, x) {
      // With g = ½(1+t): 1 − t² = 4 g (1 − g)
      const g = tanhGate(emit, x);
      const rest = emit.node("Mul", [g, emit.node("Sub", [emit.float(1), g])]);
      const inner = plusOne(emit, emit.node("Mul", [emit.node("Mul", [x, x]), emit.float(3 * c1)]));
      const turn = emit.node("Mul", [emit.node("Mul", [x, emit.float(2 * c0)]), emit.node("Mul", [rest, inner])]);
      return emit.node("Add", [g, turn]);
    },
    lowerRatio: tanhGate,
  },
  // x·σ(1.702 x), from the paper on GELU (arXiv 1606.08415)
  geluQuick: {
    value: x => x * sigmoid(quick * x),
    slope: x => sigmoid(quick * x) * (1 + quick * x * (1 - sigmoid(quick * x))),
    ratio: x => sigmoid(quick * x),
    lower: (emit, x) => emit.node("Mul", [x, rows.geluQuick.lowerRatio(emit, x)]),
    lowerSlope(emit, x) {
      const s = rows.geluQuick.lowerRatio(emit, x);
      const bend = emit.node("Mul", [emit.node("Mul", [x, emit.float(quick)]), emit.node("Sub", [emit.float(1), s])]);
      return emit.node("Mul", [s, plusOne(emit, bend)]);
    },
    lowerRatio: (emit, x) => emit.node("Sigmoid", [emit.node("Mul", [x, emit.float(quick)])]),
  },
  relu: {
    value: x => Math.max(0, x),
    slope: x => (x > 0 ? 1 : 0),
    ratio: x => (x > 0 ? 1 : 0),
    lower: (emit, x) => emit.node("Relu", [x]),
    lowerSlope: (emit, x) => emit.node("Cast", [emit.node("Greater", [x, emit.float(0)])], { to: 1 }),
    lowerRatio: (emit, x) => emit.node("Cast", [emit.node("Greater", [x, emit.float(0)])], { to: 1 }),
  },
  reluSquared: {
    value: x => Math.max(0, x) ** 2,
    slope: x => 2 * Math.max(0, x),
    ratio: x => Math.max(0, x),
    lower: (emit, x) => emit.node("Mul", [x, emit.node("Relu", [x])]),
    lowerSlope: (emit, x) => emit.node("Mul", [emit.node("Relu", [x]), emit.float(2)]),
    lowerRatio: (emit, x) => emit.node("Relu", [x]),
  },
  tanh: {
    value: Math.tanh,
    slope: x => 1 - Math.tanh(x) ** 2,
    ratio: x => (Math.abs(x) < flat ? 1 : Math.tanh(x) / x),
    lower: (emit, x) => emit.node("Tanh", [x]),
    lowerSlope(emit, x) {
      const t = emit.node("Tanh", [x]);
      return emit.node("Sub", [emit.float(1), emit.node("Mul", [t, t])]);
    },
    lowerRatio(emit, x) {
      const near = emit.node("Less", [emit.node("Abs", [x]), emit.float(flat)]);
      const divisor = emit.node("Where", [near, emit.float(1), x]);
      return emit.node("Where", [near, emit.float(1), emit.node("Div", [emit.node("Tanh", [x]), divisor])]);
    },
  },
};

const rowOf = (attrs: Attrs): CurveRow => rows[attrs.curve as Curve];

/** The plain functions, for code that works on recorded arrays. */
export const curveValue = (curve: Curve, x: number): number => rows[curve].value(x);
export const curveRatio = (curve: Curve, x: number): number => rows[curve].ratio(x);

/** act(x). Frozen: act(x₀)/x₀ · x, a line through the origin and the recorded point, so that credit adds up. */
export const activationOp: Op = {
  name: "activation",
  shape: ([x]) => x!,
  forward: ([x], attrs) => x!.data.map(rowOf(attrs).value),
  pullback: (pull, [x], result) => [mul(pull, apply(slopeOp, [x!], result.attrs))],
  freeze: ([x], live, recorded, attrs) =>
    live[0] ? mul(x!, apply(ratioOp, [recorded(0)], attrs)) : apply(activationOp, [x!], attrs),
  lower: (emit, [x], node) => rowOf(node.attrs).lower(emit, x!),
};

/** act'(x): appears in pull-backs. */
export const slopeOp: Op = {
  name: "activationSlope",
  shape: ([x]) => x!,
  forward: ([x], attrs) => x!.data.map(rowOf(attrs).slope),
  pullback() {
    throw internal("second derivatives of activations are not written");
  },
  lower: (emit, [x], node) => rowOf(node.attrs).lowerSlope(emit, x!),
};

/** act(x)/x: appears in frozen readings, of recorded constants only. */
export const ratioOp: Op = {
  name: "activationRatio",
  shape: ([x]) => x!,
  forward: ([x], attrs) => x!.data.map(rowOf(attrs).ratio),
  pullback() {
    throw internal("the ratio of a frozen activation is a constant");
  },
  lower: (emit, [x], node) => rowOf(node.attrs).lowerRatio(emit, x!),
};

export const activation = (x: Expr, curve: Curve): Expr => apply(activationOp, [x], { curve });
export const activationRatio = (x: Expr, curve: Curve): Expr => apply(ratioOp, [x], { curve });
