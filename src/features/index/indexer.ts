/**
 * One pass of a model over windows of text, into a collector a layer. Knows no files: windows come in, arrays can be
 * taken out between two groups and put back to go on.
 */
import { Collector } from "./collector.ts";
import type { Watched } from "./watched.ts";

export interface IndexerOptions {
  /** Most tokens of a window. */
  readonly length: number;
  readonly seed: number;
  /** Windows that run together. */
  readonly batch: number;
}

/** Activations that a basis may lay out at once: 256 MB. A wide dictionary runs fewer windows together. */
const mostValues = 64 << 20;

/** How many of `batch` windows run together when a layer has so many units. */
export const windowsTogether = (batch: number, length: number, units: number): number =>
  Math.max(1, Math.min(batch, Math.floor(mostValues / (length * units))));

/** Windows are sorted by length within a group, so that little is padded, and the order is the same every time. */
export const groupBatches = 8;

export class Indexer {
  readonly watched: Watched;
  readonly options: IndexerOptions;
  readonly collectors: readonly Collector[];
  /** Tokens counted so far. */
  tokens = 0;
  /** Windows done so far. */
  windows = 0;
  private readonly atOnce: number;

  constructor(watched: Watched, options: IndexerOptions) {
    this.watched = watched;
    this.options = options;
    const { length, seed } = options;
    const widest = Math.max(...watched.layers.map(l => l.units));
    this.atOnce = windowsTogether(options.batch, length, widest);
    this.collectors = watched.layers.map(({ units }) => new Collector(units, { length, seed, signed: watched.signed }));
  }

  /** Bytes of all that it holds: the same before the first window and after the last. */
  get bytes(): number {
    return this.collectors.reduce((sum, c) => sum + c.arrays().reduce((a, x) => a + x.byteLength, 0), 0);
  }

  /** The next windows of the corpus: `batch × groupBatches` of them, fewer only at the end. */
  async add(group: readonly (readonly number[])[], signal?: AbortSignal): Promise<void> {
    const first = this.windows;
    const order = group.map((ids, i) => ({ ids, window: first + i })).sort((a, b) => a.ids.length - b.ids.length);
    for (let start = 0; start < order.length; start += this.atOnce) {
      signal?.throwIfAborted();
      const some = order.slice(start, start + this.atOnce);
      const longest = some.at(-1)!.ids.length;
      // Padding stands behind the text, where nothing that counts can see it.
      const padded = some.map(({ ids }) => [...ids, ...new Array<number>(longest - ids.length).fill(ids.at(-1)!)]);
      await this.watched.run(
        padded,
        (at, values) => {
          const collector = this.collectors[at]!;
          some.forEach(({ ids, window }, b) => {
            collector.add(window, ids, values, b * longest * collector.units);
          });
        },
        signal,
      );
    }
    for (const ids of group) this.tokens += ids.length - 1;
    this.windows += group.length;
  }
}
