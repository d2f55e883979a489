/** Numbers with a shape: what goes into a program and what comes out. Row-major. */
import { internal } from "./problem.ts";
import { countOf } from "./shape.ts";

export type Floats = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Floats | Int32Array<ArrayBuffer>;
}

export interface FloatTensor extends Tensor {
  readonly data: Floats;
}

export function tensor<D extends Tensor["data"]>(
  shape: readonly number[],
  data: D,
): { shape: readonly number[]; data: D } {
  if (countOf(shape) !== data.length) throw internal(`${data.length} numbers do not fill [${shape.join(", ")}]`);
  return { shape, data };
}

/** The data of a float32 output. */
export function float32(t: Tensor | undefined): Float32Array<ArrayBuffer> {
  if (t?.data instanceof Float32Array) return t.data;
  if (t?.data instanceof Float64Array) return Float32Array.from(t.data);
  throw internal("a float tensor was expected");
}
