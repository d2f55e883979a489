/**
 * Which rows of a tensor a reader was asked for, and the array that they go to.
 */
import { internal, Problem } from "../core/problem.ts";
import type { TensorInfo } from "./weights.ts";

export interface Rows {
  readonly start: number;
  readonly end: number;
  /** Elements in a row. */
  readonly width: number;
  readonly into: Float32Array<ArrayBuffer>;
}

/** Reads are split into pieces of this many bytes: one read cannot pass 2 GiB in Node, and a copy of it lies beside the result. */
export const pieceBytes = 64 << 20;

/** The tensor called `name`, or a Problem that says what the file has instead. */
export function tensorNamed<T extends TensorInfo>(tensors: ReadonlyMap<string, T>, name: string, file: string): T {
  const tensor = tensors.get(name);
  if (tensor) return tensor;
  const some = [...tensors.keys()].slice(0, 3).join(", ");
  throw new Problem(`the tensor ${name} is not in the file`, {
    where: `in ${file}, which has ${tensors.size} tensors${some ? ` (${some}${tensors.size > 3 ? ", ..." : ""})` : ""}`,
  });
}

/** Completes a request for rows: all of them by default, into a fresh array unless one is given. */
export function rowsOf(
  tensor: TensorInfo,
  options: { start?: number; end?: number; into?: Float32Array<ArrayBuffer> } = {},
): Rows {
  const count = tensor.shape[0] ?? 1;
  const width = tensor.shape.slice(1).reduce((product, n) => product * n, 1);
  const { start = 0, end = count } = options;
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= count))
    throw internal(`rows ${start} to ${end} of ${tensor.name}, which has ${count}`);
  const needed = (end - start) * width;
  if (options.into && options.into.length < needed)
    throw internal(`${needed} values of ${tensor.name} into an array of ${options.into.length}`);
  return { start, end, width, into: options.into ?? allocate(tensor, needed) };
}

function allocate(tensor: TensorInfo, count: number): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(count);
  } catch (cause) {
    throw new Problem(`${count} values of ${tensor.name} do not fit in this machine's memory`, { cause });
  }
}
