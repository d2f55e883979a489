/**
 * Means and scales by which activations are brought to mean 0 and a mean square of 1 a dimension before training: one
 * scale a layer and side, so that directions stay what they are. On export they are folded into the weights (`fold.ts`).
 */

type Floats = Float32Array<ArrayBuffer>;

export interface Side {
  /** [dModel] */
  readonly mean: Floats;
  /** The root mean square of what is left of a number when the mean is gone. */
  readonly scale: number;
}

/** By place in the plan's layers. */
export interface Normalisation {
  readonly read: readonly Side[];
  readonly write: readonly Side[];
}

/** Of rows [n, dModel]. */
export function sideOf(rows: Floats, dModel: number): Side {
  const n = rows.length / dModel;
  const sum = new Float64Array(dModel);
  for (let i = 0; i < rows.length; i++) sum[i % dModel]! += rows[i]!;
  const mean = Float32Array.from(sum, v => v / n);
  let squares = 0;
  for (let i = 0; i < rows.length; i++) squares += (rows[i]! - mean[i % dModel]!) ** 2;
  // A layer that writes nothing at all is left as it is. Rounded, so that a run that is resumed goes on with the same.
  return { mean, scale: Math.fround(Math.sqrt(squares / rows.length)) || 1 };
}

/** A few positions write a hundred times more than all others (delimiters, first tokens): no dictionary is to learn those alone. */
const massive = 10;

/** The largest norm of a row [dModel] that still counts: ten times the median. */
export function limitOf(rows: Floats, dModel: number): number {
  const norms = normsOf(rows, dModel).sort();
  return massive * norms[norms.length >> 1]!;
}

export function normsOf(rows: Floats, dModel: number): Float64Array {
  return Float64Array.from({ length: rows.length / dModel }, (_, i) => {
    let sum = 0;
    for (let j = i * dModel; j < (i + 1) * dModel; j++) sum += rows[j]! * rows[j]!;
    return Math.sqrt(sum);
  });
}
