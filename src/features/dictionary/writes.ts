/**
 * What a prompt's active features write: decoder rows times activations, for every layer that they write to. Read from the
 * file in pieces; kept while a budget lasts (a sweep passes every layer once a batch), read again beyond it. Positions of
 * about as many features stand together, for one product instead of one a position.
 */
import type { DictionaryLayer } from "../../formats/dictionaries/dictionary.ts";
import { columnsOf, gather, Scratch } from "../../formats/dictionaries/matrix.ts";
import type { Active } from "./select.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Active features [start, end) of a source layer: all that are active at this position, or a piece of them. */
export interface Stretch {
  readonly position: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Writes of stretches that are about as long, so that all of them go through one product: [stretches, most, dModel],
 * with zeros after a shorter one's. By position.
 */
export interface Block {
  readonly stretches: readonly Stretch[];
  readonly most: number;
  readonly rows: Floats;
}

/** Numbers in one piece, over all the layers that its features write to: 32 MB. */
const PIECE = 8 << 20;

export class Writes {
  private readonly layers: readonly DictionaryLayer[];
  private readonly active: readonly Active[];
  private readonly kept = new Map<string, readonly Block[]>();
  private left: number;

  /** @param budget bytes of writes that are kept in memory */
  constructor(layers: readonly DictionaryLayer[], active: readonly Active[], budget: number) {
    this.layers = layers;
    this.active = active;
    this.left = budget;
  }

  /**
   * Reads everything of a source layer once, keeps what the budget allows, and adds it up in `into`: by layer, what is
   * written at each position [n, dModel].
   */
  async load(source: number, into: readonly Floats[], scratch = new Scratch()): Promise<void> {
    const { dModel, outputs, decoder } = this.layers[source]!;
    const { position } = this.active[source]!;
    for (const [start, end] of this.pieces(source)) {
      const rows = await this.scaled(source, start, end, decoder, scratch);
      for (let j = 0; j < outputs; j++) {
        const own = outputs === 1 ? rows : columns(rows, end - start, outputs * dModel, j * dModel, dModel);
        const sum = into[source + j]!;
        for (let i = start; i < end; i++) {
          const [to, from] = [position[i]! * dModel, (i - start) * dModel];
          for (let q = 0; q < dModel; q++) sum[to + q]! += own[from + q]!;
        }
        if (own.byteLength > this.left) continue;
        const blocks = this.blocks(source, start, end, own);
        this.left -= blocks.reduce((sum, block) => sum + block.rows.byteLength, 0);
        this.kept.set(`${source} ${source + j} ${start}`, blocks);
      }
    }
  }

  /** What the features of `source` that are among the first `count` active ones write to layer `output`, in order. */
  async *of(source: number, output: number, count: number): AsyncGenerator<Block> {
    const layer = this.layers[source]!;
    for (const [start, end] of this.pieces(source)) {
      if (start >= count) return;
      const had = this.kept.get(`${source} ${output} ${start}`);
      if (had) yield* had;
      else {
        const own = columnsOf(layer.decoder, (output - source) * layer.dModel, layer.dModel);
        yield* this.blocks(source, start, end, await this.scaled(source, start, end, own));
      }
    }
  }

  /** [dModel] what one active feature of `source` (its number there) writes to layer `output`. */
  async one(source: number, output: number, number: number): Promise<Floats> {
    const layer = this.layers[source]!;
    const own = columnsOf(layer.decoder, (output - source) * layer.dModel, layer.dModel);
    return this.scaled(source, number, number + 1, own);
  }

  /** `rows` [end − start, dModel] as blocks. */
  private blocks(source: number, start: number, end: number, rows: Floats): Block[] {
    const { dModel } = this.layers[source]!;
    const { position } = this.active[source]!;
    const stretches: Stretch[] = [];
    for (let a = start; a < end; ) {
      let b = a + 1;
      while (b < end && position[b] === position[a]) b++;
      stretches.push({ position: position[a]!, start: a, end: b });
      a = b;
    }
    return alike(stretches).map(some => {
      const most = Math.max(...some.map(lengthOf));
      // All of one length and all there: as they lie.
      if (some.length === stretches.length && some.length * most === end - start)
        return { stretches: some, most, rows };
      const padded = new Float32Array(some.length * most * dModel);
      some.forEach((one, i) => {
        padded.set(rows.subarray((one.start - start) * dModel, (one.end - start) * dModel), i * most * dModel);
      });
      return { stretches: some, most, rows: padded };
    });
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
    scratch?: Scratch,
  ): Promise<Floats> {
    const { index, value } = this.active[source]!;
    const unique = [...new Set(index.subarray(start, end))];
    const at = new Map(unique.map((feature, i) => [feature, i]));
    const rows = await gather(decoder, unique, scratch);
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

const lengthOf = ({ start, end }: Stretch): number => end - start;

/** Groups in which the shortest is at least half as long as the longest; by position in each. */
function alike(stretches: readonly Stretch[]): Stretch[][] {
  const longestFirst = [...stretches].sort((a, b) => lengthOf(b) - lengthOf(a));
  const groups: Stretch[][] = [];
  for (const one of longestFirst) {
    const last = groups.at(-1);
    if (last && 2 * lengthOf(one) >= lengthOf(last[0]!)) last.push(one);
    else groups.push([one]);
  }
  return groups.map(group => group.sort((a, b) => a.start - b.start));
}

function columns(rows: Floats, n: number, width: number, from: number, count: number): Floats {
  const out = new Float32Array(n * count);
  for (let i = 0; i < n; i++) out.set(rows.subarray(i * width + from, i * width + from + count), i * count);
  return out;
}
