/**
 * What a prompt's active features write: decoder rows times activations, for every layer that they write to. Read from the
 * file in pieces; kept while a budget lasts (a sweep passes every layer once a batch), read again beyond it.
 */
import type { DictionaryLayer } from "../../formats/dictionaries/dictionary.ts";
import { columnsOf, gather } from "../../formats/dictionaries/matrix.ts";
import type { Active } from "./select.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Writes of the active features [start, end) of a source layer: [end − start, dModel]. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly rows: Floats;
}

/** Numbers in one piece, over all the layers that its features write to: 32 MB. */
const PIECE = 8 << 20;

export class Writes {
  private readonly layers: readonly DictionaryLayer[];
  private readonly active: readonly Active[];
  private readonly kept = new Map<string, Piece>();
  private left: number;

  /** @param budget bytes of writes that are kept in memory */
  constructor(layers: readonly DictionaryLayer[], active: readonly Active[], budget: number) {
    this.layers = layers;
    this.active = active;
    this.left = budget;
  }

  /** Reads everything once, a source layer at a time, keeps what the budget allows, and shows each piece. */
  async load(source: number, visit: (output: number, piece: Piece) => void): Promise<void> {
    const { dModel, outputs, decoder } = this.layers[source]!;
    for (const [start, end] of this.pieces(source)) {
      const rows = await this.scaled(source, start, end, decoder);
      for (let j = 0; j < outputs; j++) {
        const own = outputs === 1 ? rows : columns(rows, end - start, outputs * dModel, j * dModel, dModel);
        const piece = { start, end, rows: own };
        visit(source + j, piece);
        if (own.byteLength > this.left) continue;
        this.left -= own.byteLength;
        this.kept.set(`${source} ${source + j} ${start}`, piece);
      }
    }
  }

  /** What the features of `source` that are among the first `count` active ones write to layer `output`, in order. */
  async *of(source: number, output: number, count: number): AsyncGenerator<Piece> {
    const layer = this.layers[source]!;
    for (const [start, end] of this.pieces(source)) {
      if (start >= count) return;
      const had = this.kept.get(`${source} ${output} ${start}`);
      if (had) yield had;
      else {
        const own = columnsOf(layer.decoder, (output - source) * layer.dModel, layer.dModel);
        yield { start, end, rows: await this.scaled(source, start, end, own) };
      }
    }
  }

  /** [dModel] what one active feature of `source` (its number there) writes to layer `output`. */
  async one(source: number, output: number, number: number): Promise<Floats> {
    const layer = this.layers[source]!;
    const own = columnsOf(layer.decoder, (output - source) * layer.dModel, layer.dModel);
    return this.scaled(source, number, number + 1, own);
  }

  private *pieces(source: number): Generator<[number, number]> {
    const { dModel, outputs } = this.layers[source]!;
    const count = this.active[source]!.index.length;
    const step = Math.max(1, Math.floor(PIECE / (dModel * outputs)));
    for (let start = 0; start < count; start += step) yield [start, Math.min(count, start + step)];
  }

  private async scaled(
    source: number,
    start: number,
    end: number,
    decoder: DictionaryLayer["decoder"],
  ): Promise<Floats> {
    const { index, value } = this.active[source]!;
    const unique = [...new Set(index.subarray(start, end))];
    const at = new Map(unique.map((feature, i) => [feature, i]));
    const rows = await gather(decoder, unique);
    const { width } = decoder;
    const out = new Float32Array((end - start) * width);
    for (let i = start; i < end; i++) {
      const from = at.get(index[i]!)! * width;
      const to = (i - start) * width;
      const by = value[i]!;
      for (let q = 0; q < width; q++) out[to + q] = rows[from + q]! * by;
    }
    return out;
  }
}

function columns(rows: Floats, n: number, width: number, from: number, count: number): Floats {
  const out = new Float32Array(n * count);
  for (let i = 0; i < n; i++) out.set(rows.subarray(i * width + from, i * width + from + count), i * count);
  return out;
}
