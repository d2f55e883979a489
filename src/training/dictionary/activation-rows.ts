/** What a model's layers read and wrote at some tokens: what dictionaries are trained on. */
type Floats = Float32Array<ArrayBuffer>;

export interface ActivationRows {
  /** How many tokens. */
  readonly count: number;
  /** By place in the plan's layers, each [count, dModel]. */
  readonly read: readonly Floats[];
  readonly write: readonly Floats[];
}

/** Pieces of exactly `size` rows, one after the other; an unfinished last one is dropped. */
export async function* inPieces(
  source: AsyncIterable<ActivationRows> | Iterable<ActivationRows>,
  size: number,
  dModel: number,
): AsyncGenerator<ActivationRows, void, undefined> {
  let piece: { read: Floats[]; write: Floats[] } | undefined;
  let filled = 0;
  for await (const { count, read, write } of source) {
    let from = 0;
    while (from < count) {
      piece ??= {
        read: read.map(() => new Float32Array(size * dModel)),
        write: write.map(() => new Float32Array(size * dModel)),
      };
      const n = Math.min(count - from, size - filled);
      const into = (to: readonly Floats[], rows: readonly Floats[]) =>
        to.forEach((one, i) => {
          one.set(rows[i]!.subarray(from * dModel, (from + n) * dModel), filled * dModel);
        });
      into(piece.read, read);
      into(piece.write, write);
      filled += n;
      from += n;
      if (filled === size) {
        yield { count: size, ...piece };
        piece = undefined;
        filled = 0;
      }
    }
  }
}

/** The first rows of a source, at most `most` of them; fewer when it ends. */
export async function firstRows(
  source: AsyncIterable<ActivationRows>,
  most: number,
  dModel: number,
): Promise<ActivationRows> {
  const taken: ActivationRows[] = [];
  let count = 0;
  for await (const rows of source) {
    taken.push(rows);
    count += rows.count;
    if (count >= most) break;
  }
  const n = Math.min(count, most);
  const joined = (side: "read" | "write"): Floats[] =>
    (taken[0]?.[side] ?? []).map((_, i) => {
      const out = new Float32Array(count * dModel);
      let at = 0;
      for (const rows of taken) {
        out.set(rows[side][i]!, at);
        at += rows[side][i]!.length;
      }
      return out.slice(0, n * dModel);
    });
  return { count: n, read: joined("read"), write: joined("write") };
}

/** The same rows in another order: row i comes from row order[i]. */
export function reordered(rows: ActivationRows, order: Int32Array, dModel: number): ActivationRows {
  const moved = (all: readonly Floats[]) =>
    all.map(one => {
      const out = new Float32Array(one.length);
      order.forEach((from, to) => {
        out.set(one.subarray(from * dModel, (from + 1) * dModel), to * dModel);
      });
      return out;
    });
  return { count: rows.count, read: moved(rows.read), write: moved(rows.write) };
}

/** 0 … n − 1 in an order that the seed decides (Fisher and Yates). */
export function shuffledOrder(n: number, next: () => number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    const had = order[i]!;
    order[i] = order[j]!;
    order[j] = had;
  }
  return order;
}
