/**
 * A matrix in a file, one feature a row, read a few rows at a time. Some files keep it turned ([dModel, features]): then
 * its rows cannot be read alone, and whoever wants some of them has the file read past once.
 */
import { Problem } from "../../core/problem.ts";
import { pieceBytes } from "../rows.ts";
import type { Weights } from "../weights.ts";

export interface Matrix {
  /** For messages: `W_enc in layer_3.safetensors`. */
  readonly name: string;
  /** Features. */
  readonly rows: number;
  readonly width: number;
  /** The file holds [width, rows]. */
  readonly turned: boolean;
  /**
   * Rows [start, end) of what the file holds: [end − start, width], or [end − start, rows] when turned. Not checked.
   * `into`, of just that size, is filled and returned: for whoever reads piece after piece, or changes what is read.
   * Without it the memory may be the matrix's own, to be read only.
   */
  read(start: number, end: number, into?: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
}

/** The tensor called `tensor`, as [features, width] or turned. Throws a Problem when it has another number of axes. */
export function matrixOf(weights: Weights, tensor: string, file: string, turned = false): Matrix {
  const shape = shapeOf(weights, tensor, file);
  if (shape.length < 2) {
    throw new Problem(`the tensor ${tensor} is [${shape.join(", ")}], and a matrix is needed`, {
      where: `in ${file}`,
    });
  }
  const first = shape[0]!;
  const rest = shape.slice(1).reduce((product, n) => product * n, 1);
  return {
    name: `${tensor} in ${file}`,
    rows: turned ? rest : first,
    width: turned ? first : rest,
    turned,
    read:
      shape.reduce((product, n) => product * n, 1) <= KEPT ? keeping(weights, tensor, rest) : reading(weights, tensor),
  };
}

/** Numbers of a matrix that is read once and kept: a chart of a small dictionary reads each of its encoders hundreds of times. */
const KEPT = 1 << 18;

function keeping(weights: Weights, tensor: string, width: number): Matrix["read"] {
  let whole: Promise<Float32Array<ArrayBuffer>> | undefined;
  return async (start, end, into) => {
    whole ??= weights.read(tensor).catch(error => {
      whole = undefined; // whoever asks next may be luckier
      throw error;
    });
    const part = (await whole).subarray(start * width, end * width);
    if (!into) return part;
    into.set(part);
    return into;
  };
}

const reading =
  (weights: Weights, tensor: string): Matrix["read"] =>
  (start, end, into) =>
    weights.read(tensor, { start, end, ...(into ? { into } : {}) });

/** Columns [from, from + width) of a matrix that lies by rows. */
export function columnsOf(matrix: Matrix, from: number, width: number): Matrix {
  if (from === 0 && width === matrix.width) return matrix;
  return {
    ...matrix,
    width,
    async read(start, end) {
      const data = await matrix.read(start, end);
      const out = new Float32Array((end - start) * width);
      for (let i = 0; i < end - start; i++) {
        const at = i * matrix.width + from;
        out.set(data.subarray(at, at + width), i * width);
      }
      return out;
    },
  };
}

/** A matrix whose feature i is multiplied by factors[i]. */
export function scaledRows(matrix: Matrix, factors: Float32Array): Matrix {
  const { turned, width, rows } = matrix;
  return {
    ...matrix,
    async read(start, end, into) {
      const data = await matrix.read(start, end, into ?? new Float32Array((end - start) * (turned ? rows : width)));
      for (let i = 0; i < data.length; i++) {
        data[i]! *= factors[turned ? i % rows : start + Math.floor(i / width)]!;
      }
      return data;
    },
  };
}

/** [features] the length of each row; the file is read past once. Throws a Problem for NaN. */
export async function rowNorms(matrix: Matrix): Promise<Float32Array<ArrayBuffer>> {
  const { rows, width, turned } = matrix;
  const squares = new Float64Array(rows);
  const count = turned ? width : rows;
  const step = rowsAtOnce(turned ? rows : width);
  for (let start = 0; start < count; start += step) {
    const data = await matrix.read(start, Math.min(count, start + step));
    checkFinite(matrix.name, data, 0, data.length);
    for (let i = 0; i < data.length; i++) squares[turned ? i % rows : start + Math.floor(i / width)]! += data[i]! ** 2;
  }
  return Float32Array.from(squares, Math.sqrt);
}

export function shapeOf(weights: Weights, tensor: string, file: string): readonly number[] {
  const info = weights.tensors.get(tensor);
  if (info) return info.shape;
  throw new Problem(`there is no tensor ${tensor}`, {
    where: `in ${file}, which has ${[...weights.tensors.keys()].slice(0, 8).join(", ") || "none"}`,
    advice: "fetching the dictionary again, or checking which format it is in",
  });
}

/** Rows that one read takes, so that a piece stays around 16 MB. */
export const rowsAtOnce = (elements: number): number =>
  Math.max(1, Math.floor(pieceBytes / 16 / Math.max(1, elements)));

/** Reading over a gap of this size costs less than another read: 20 µs against 50 from the system's cache, and a seek. */
const gapBytes = 64 << 10;

/** Memory for pieces that are soon done with: fresh memory has to be cleared and given back, which costs as much as reading. */
export class Scratch {
  private memory = new Float32Array(0);

  /** Anything may be in it; it is good until the next one is taken. */
  take(count: number): Float32Array<ArrayBuffer> {
    if (this.memory.length < count) this.memory = new Float32Array(count);
    return this.memory.subarray(0, count);
  }
}

/**
 * These rows, in their order: [indices, width]. By rows: only their bytes are read, neighbours together. Turned: the file
 * is read past once. Throws a Problem when one of them holds NaN or infinity.
 */
export async function gather(
  matrix: Matrix,
  indices: ArrayLike<number>,
  scratch = new Scratch(),
): Promise<Float32Array<ArrayBuffer>> {
  const { width, turned } = matrix;
  const out = new Float32Array(indices.length * width);
  if (turned) {
    const step = rowsAtOnce(matrix.rows);
    for (let start = 0; start < width; start += step) {
      const end = Math.min(width, start + step);
      const data = await matrix.read(start, end);
      for (let i = 0; i < indices.length; i++)
        for (let j = start; j < end; j++) out[i * width + j] = data[(j - start) * matrix.rows + indices[i]!]!;
    }
  } else {
    const order = Array.from({ length: indices.length }, (_, i) => i).sort((a, b) => indices[a]! - indices[b]!);
    const most = rowsAtOnce(width);
    const gap = Math.floor(gapBytes / (4 * width));
    const runs: { from: number; to: number; members: number[] }[] = [];
    for (const i of order) {
      const row = indices[i]!;
      const last = runs.at(-1);
      if (last && row - last.to <= gap && row + 1 - last.from <= most) {
        last.to = Math.max(last.to, row + 1);
        last.members.push(i);
      } else runs.push({ from: row, to: row + 1, members: [i] });
    }
    // A handful at a time: a disk answers several reads at once, and memory stays small.
    for (let at = 0; at < runs.length; at += 16) {
      const some = runs.slice(at, at + 16);
      const memory = scratch.take(some.reduce((sum, { from, to }) => sum + (to - from) * width, 0));
      let used = 0;
      await Promise.all(
        some.map(async ({ from, to, members }) => {
          const data = await matrix.read(from, to, memory.subarray(used, (used += (to - from) * width)));
          for (const i of members) {
            const start = (indices[i]! - from) * width;
            out.set(data.subarray(start, start + width), i * width);
          }
        }),
      );
    }
  }
  for (let i = 0; i < indices.length; i++) checkFinite(matrix.name, out, i * width, (i + 1) * width, indices[i]!);
  return out;
}

/** Throws a Problem for NaN or infinity in data[start … end), which belongs to a feature. */
export function checkFinite(name: string, data: Float32Array, start: number, end: number, feature?: number): void {
  let sum = 0;
  for (let i = start; i < end; i++) sum += data[i]! * 0;
  if (sum === 0) return;
  let at = start;
  while (Number.isFinite(data[at]!)) at++;
  const which = feature === undefined ? `at place ${at - start}` : `for feature ${feature}`;
  throw new Problem(`${name} holds ${data[at]} ${which}`, {
    advice: "fetching the dictionary again, or another copy of it",
  });
}
