/**
 * What an op must say of itself: its shape, its plain meaning in float64, how a pull goes back through it, how it
 * reads when the prompt is frozen, and how it is spelled in ONNX. One op a file, under `ops/`.
 */
import type { Attrs, Expr } from "./expr.ts";
import type { Dim, Shape } from "./shape.ts";

export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface Op {
  readonly name: string;
  /** Throws `internal:` when the arguments do not fit. */
  shape(args: readonly Shape[], attrs: Attrs): Shape;
  /** The definition. Slow, plain, float64. `shape` is the result's, with sizes for names. */
  forward(args: readonly Array64[], attrs: Attrs, shape: readonly number[]): Float64Array;
  /**
   * Given the pull on the result, the pull on each argument (undefined: nothing flows there). As expressions, so
   * that a pull-back is again a program.
   */
  pullback(pull: Expr, args: readonly Expr[], result: Expr): readonly (Expr | undefined)[];
  /**
   * The op when everything non-linear is a constant of this prompt. `args` are the frozen arguments, `live` says which
   * of them still depend on the linear inputs, `recorded(i)` is argument i as it was recorded (it must be a tap).
   * Left out by ops that are linear in their live argument as they stand.
   */
  freeze?(args: readonly Expr[], live: readonly boolean[], recorded: (i: number) => Expr, attrs: Attrs): Expr;
  /** Emits ONNX nodes; returns the name of the result. */
  lower(emit: Emitter, args: readonly string[], node: Expr): string;
}

/** Where an op's ONNX spelling goes. */
export interface Emitter {
  node(
    type: string,
    inputs: readonly string[],
    attrs?: Readonly<Record<string, number | string | readonly number[]>>,
    domain?: string,
  ): string;
  /** A node with several results. */
  nodes(
    type: string,
    inputs: readonly string[],
    results: number,
    attrs?: Readonly<Record<string, number | string | readonly number[]>>,
    domain?: string,
  ): string[];
  ints(values: readonly number[]): string;
  float(value: number): string;
  /** An int64 tensor holding the sizes of a shape that may have names in it, taken from the arguments' shapes. */
  reshapeTo(from: Shape, to: readonly Dim[]): string;
}
