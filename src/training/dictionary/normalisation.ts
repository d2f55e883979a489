/**
 * Means and scales by which activations are brought to mean 0 and a mean square of 1 a dimension before training: one
 * scale a layer and side, so that directions stay what they are. On export they are folded into the weights (`fold.ts`).
 */
import { type Tensor, tensor } from "../../core/tensor.ts";

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

/** The inputs that programs of these layers normalise by, `readMinusMean.3` and so on: see `normal` in `transcode.ts`. */
export function normalisationInputs(
  normalisation: Normalisation,
  layers: readonly number[],
  dModel: number,
): Record<string, Tensor> {
  const inputs: Record<string, Tensor> = {};
  for (const side of ["read", "write"] as const) {
    layers.forEach((layer, i) => {
      const { mean, scale } = normalisation[side][i]!;
      inputs[`${side}MinusMean.${layer}`] = tensor(
        [dModel],
        mean.map(v => -v),
      );
      inputs[`${side}PerScale.${layer}`] = tensor([1], Float32Array.of(1 / scale));
    });
  }
  return inputs;
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
