/**
 * Named tensors of a model, read as float32 a piece at a time, whatever file they lie in.
 *
 * Loading holds one layer's weights at a time, so a reader gives tensors on demand and keeps nothing.
 */
export interface TensorInfo {
  readonly name: string;
  /** Outermost first, as in PyTorch: a linear layer's weight is [out, in]. */
  readonly shape: readonly number[];
  /** As the file calls it: F32, BF16, Q4_K ... */
  readonly type: string;
}

export interface Weights {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** In words for messages and charts: "float32", "Q4_K, Q6_K (dequantised)". */
  readonly precision: string;
  /**
   * Rows [start, end) of the first axis as float32, flattened; all rows by default. A 1-D tensor is one element a row.
   * `into` is filled and returned when given (it may be longer). Values are not checked for NaN here.
   * Throws a Problem that names the tensor when it is absent or the file is cut short.
   */
  read(
    name: string,
    options?: { start?: number; end?: number; into?: Float32Array<ArrayBuffer> },
  ): Promise<Float32Array<ArrayBuffer>>;
}
