/**
 * The highest (and, of signed units, lowest) activation of every unit in each of many texts: what the searches compare.
 */
import type { Watched } from "../index/watched.ts";

export interface Peaks {
  readonly texts: number;
  /** Units of all layers, one after the other. */
  readonly units: number;
  /** [text, unit] the greatest value over the tokens asked about; 0 at least. */
  readonly high: Float32Array;
  /** [text, unit] the least, as a positive number. */
  readonly low: Float32Array | undefined;
  place(unit: number): { layer: number; index: number };
}

export interface PeakOptions {
  /** Texts that run together: of one length after padding. */
  readonly batch?: number;
  /** Of each text, the tokens to look at; all but the first when left out. */
  readonly spans?: readonly (readonly [start: number, end: number])[];
  readonly signal?: AbortSignal | undefined;
  readonly progress?: (done: number, of: number) => void;
}

/**
 * Where to look in two texts that are the same but for the point: from the first token that differs to the end. What
 * stands before it is the same in both, and a peak there would hide one behind it.
 */
export function afterShared(
  a: readonly number[],
  b: readonly number[],
): [a: readonly [start: number, end: number], b: readonly [start: number, end: number]] {
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared++;
  const start = Math.max(1, Math.min(shared, a.length - 1, b.length - 1));
  return [
    [start, a.length],
    [start, b.length],
  ];
}

/** Memory: texts × units × 8 bytes. */
export async function peaksOf(
  watched: Watched,
  texts: readonly (readonly number[])[],
  { batch = 16, spans, signal, progress }: PeakOptions = {},
): Promise<Peaks> {
  const starts: number[] = [];
  let units = 0;
  for (const layer of watched.layers) {
    starts.push(units);
    units += layer.units;
  }
  const high = new Float32Array(texts.length * units);
  const low = watched.signed ? new Float32Array(texts.length * units) : undefined;
  const order = texts.map((ids, i) => ({ ids, i })).sort((a, b) => a.ids.length - b.ids.length);
  for (let first = 0; first < order.length; first += batch) {
    signal?.throwIfAborted();
    progress?.(first, texts.length);
    const some = order.slice(first, first + batch);
    const longest = some.at(-1)!.ids.length;
    const padded = some.map(({ ids }) => [...ids, ...new Array<number>(longest - ids.length).fill(ids.at(-1)!)]);
    await watched.run(
      padded,
      (at, values) => {
        const width = watched.layers[at]!.units;
        some.forEach(({ ids, i }, b) => {
          const [start, end] = spans?.[i] ?? [1, ids.length];
          const out = i * units + starts[at]!;
          for (let t = start; t < end; t++) {
            const row = (b * longest + t) * width;
            for (let u = 0; u < width; u++) {
              const v = values[row + u]!;
              if (v > high[out + u]!) high[out + u] = v;
              else if (low && -v > low[out + u]!) low[out + u] = -v;
            }
          }
        });
      },
      signal,
    );
  }
  return {
    texts: texts.length,
    units,
    high,
    low,
    place(unit) {
      let l = starts.length - 1;
      while (starts[l]! > unit) l--;
      return { layer: watched.layers[l]!.layer, index: unit - starts[l]! };
    },
  };
}
