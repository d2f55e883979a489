/** Shapes: numbers where known, names ("batch", "token") where the same program runs on any size. */
import { internal } from "./problem.ts";

export type Dim = number | string;
export type Shape = readonly Dim[];

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** The shape of an elementwise op, by NumPy's rules: align at the right; 1 stretches. Throws when two sizes differ. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw internal(`shapes ${showShape(a)} and ${showShape(b)} do not fit together`);
  });
}

/** Sizes for the names in a shape. */
export function concrete(shape: Shape, sizes: ReadonlyMap<string, number>): number[] {
  return shape.map(dim => {
    if (typeof dim === "number") return dim;
    const size = sizes.get(dim);
    if (size === undefined) throw internal(`nothing says how large "${dim}" is`);
    return size;
  });
}

export const countOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
