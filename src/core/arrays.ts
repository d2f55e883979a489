/** Plain float64 arrays with broadcasting, for the reference reading. Written to be believed, not to be fast. */
import type { Array64 } from "./op.ts";
import { countOf } from "./shape.ts";

export function strides(shape: readonly number[]): number[] {
  const out = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    out[i] = step;
    step *= shape[i]!;
  }
  return out;
}

/** Calls `visit(flat, index)` for each place of `shape`, in row-major order. `index` is reused. */
export function eachIndex(shape: readonly number[], visit: (flat: number, index: readonly number[]) => void): void {
  const n = countOf(shape);
  const index = new Array<number>(shape.length).fill(0);
  for (let flat = 0; flat < n; flat++) {
    visit(flat, index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}

/** Where, in an array of `shape`, the element lies that is stretched to `index` of a larger shape. */
export function stretched(shape: readonly number[], step: readonly number[], index: readonly number[]): number {
  let flat = 0;
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] !== 1) flat += step[i]! * index[index.length - shape.length + i]!;
  }
  return flat;
}

/** f on every pair of elements, stretched to `shape`. */
export function zip(
  a: Array64,
  b: Array64,
  shape: readonly number[],
  f: (x: number, y: number) => number,
): Float64Array {
  const out = new Float64Array(countOf(shape));
  const sa = strides(a.shape);
  const sb = strides(b.shape);
  eachIndex(shape, (flat, index) => {
    out[flat] = f(a.data[stretched(a.shape, sa, index)]!, b.data[stretched(b.shape, sb, index)]!);
  });
  return out;
}

/** The rows along the last axis: calls `visit(start, length)`. */
export function eachRow(shape: readonly number[], visit: (start: number, length: number) => void): void {
  const length = shape[shape.length - 1] ?? 1;
  for (let start = 0; start < countOf(shape); start += length) visit(start, length);
}
