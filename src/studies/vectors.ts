/** Vectors of the residual stream: class means, differences, random ones as long. */
import { normal } from "../core/random.ts";
import type { Intervention } from "../interventions/intervention.ts";

export type Vector = Float64Array;

export function meanOf(vectors: readonly ArrayLike<number>[]): Vector {
  const out = new Float64Array(vectors[0]?.length ?? 0);
  for (const v of vectors) for (let i = 0; i < out.length; i++) out[i]! += v[i]! / vectors.length;
  return out;
}

export const minus = (a: ArrayLike<number>, b: ArrayLike<number>): Vector =>
  Float64Array.from({ length: a.length }, (_, i) => a[i]! - b[i]!);

export const norm = (v: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i]! * v[i]!;
  return Math.sqrt(sum);
};

export const scaledTo = (v: Vector, length: number): Vector => {
  const own = norm(v) || 1;
  return v.map(x => (x * length) / own);
};

export const randomLike = (v: Vector, next: () => number): Vector => {
  const draw = normal(next);
  return scaledTo(
    Float64Array.from(v, () => draw()),
    norm(v),
  );
};

/** The stream entering `layer` at `position` gets `by` times the vector; nothing for no vector (two words of one last piece). */
export const addition = (name: string, vector: Vector, layer: number, position: number, by = 1): Intervention[] =>
  norm(vector) === 0
    ? []
    : [
        {
          site: { at: "direction", layer, name, vector: Array.from(vector) },
          positions: [position],
          do: "add",
          by,
        },
      ];
