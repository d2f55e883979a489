/**
 * A dictionary of transcoders as a basis: features in place of MLPs, and what they fail to rebuild as error nodes (how
 * a prompt is encoded: `encoded-prompt.ts`).
 *
 * A skip connection is linear, so pulls pass through it (at every position, as in circuit-tracer). Activations and
 * edges agree with circuit-tracer's; its rows lack biases and the first positions.
 */
import type { Dictionary, DictionaryLayer } from "../../formats/dictionaries/dictionary.ts";
import { gather, Scratch } from "../../formats/dictionaries/matrix.ts";
import type { Model } from "../../models/model.ts";
import type { Recording } from "../../models/record.ts";
import type { Basis, Encoder, PromptBasis, Scores, UnitPlace, VectorSource } from "../basis.ts";
import { type DictionaryOptions, type EncodedPrompt, encodedPrompt } from "./encoded-prompt.ts";
import { assertTraceable } from "./fits.ts";
import { type Places, tapsFor } from "./places.ts";
import { Product } from "./product.ts";
import type { Active } from "./select.ts";
import type { Stretch, Writes } from "./writes.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface DictionaryBasis extends Basis {
  readonly dictionary: Dictionary;
  on(recording: Recording): Promise<PromptDictionary>;
}

/** Throws a Problem when the dictionary does not fit the model, or no circuit can be traced through it. */
export function dictionaryBasis(
  dictionary: Dictionary,
  model: Model,
  options: DictionaryOptions = {},
): DictionaryBasis {
  assertTraceable(dictionary, model);
  const product = new Product(model.device, options.smallProduct);
  const basis: DictionaryBasis = {
    dictionary,
    name: dictionary.name,
    width: Math.max(...dictionary.layers.map(layer => layer.features)),
    silentPositions: options.silentPositions ?? 1,
    readTaps: tapsFor(dictionary.reads),
    on: recording => PromptDictionary.on(basis, recording, product, options),
  };
  return basis;
}

export class PromptDictionary implements PromptBasis {
  readonly basis: DictionaryBasis;
  readonly count: number;
  readonly silentPositions: number;
  /** [layer] what is active, ordered by position and feature. */
  readonly active: readonly Active[];
  /** [layer] share of the MLP output's variance (over positions that are not silent) that is rebuilt; 1 is perfect. */
  readonly explained: readonly number[];
  /** What a reader should know: a dictionary that rebuilds nothing here. */
  readonly notes: readonly string[];
  private readonly recording: Recording;
  private readonly places: Places;
  private readonly product: Product;
  private readonly writes: Writes;
  private readonly sources: readonly (readonly VectorSource[])[];
  private readonly biases: readonly (Floats | undefined)[];
  /** [layer] the number of its first unit. */
  private readonly first: Uint32Array;
  private spare: Scratch | undefined;
  private readonly encoderRows = new Map<number, Promise<Map<number, Floats>>>();

  private constructor(basis: DictionaryBasis, recording: Recording, product: Product, parts: EncodedPrompt) {
    this.basis = basis;
    this.recording = recording;
    this.product = product;
    this.places = parts.places;
    this.active = parts.active;
    this.writes = parts.writes;
    this.sources = parts.sources;
    this.biases = parts.biases;
    this.explained = parts.explained;
    this.notes = parts.notes;
    this.silentPositions = parts.silent;
    this.first = new Uint32Array(this.active.length + 1);
    this.active.forEach((one, layer) => {
      this.first[layer + 1] = this.first[layer]! + one.index.length;
    });
    this.count = this.first.at(-1)!;
  }

  static async on(
    basis: DictionaryBasis,
    recording: Recording,
    product: Product,
    options: DictionaryOptions,
  ): Promise<PromptDictionary> {
    return new PromptDictionary(
      basis,
      recording,
      product,
      await encodedPrompt(basis.dictionary, recording, product, options),
    );
  }

  private get layers(): readonly DictionaryLayer[] {
    return this.basis.dictionary.layers;
  }

  private layerOf(unit: number): number {
    let layer = 0;
    while (unit >= this.first[layer + 1]!) layer++;
    return layer;
  }

  place(unit: number): UnitPlace {
    const layer = this.layerOf(unit);
    const { position, index } = this.active[layer]!;
    const at = unit - this.first[layer]!;
    return { layer, position: position[at]!, index: index[at]! };
  }

  number({ layer, position, index }: UnitPlace): number | undefined {
    const active = this.active[layer];
    if (!active) return undefined;
    let [low, high] = [0, active.index.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const before = active.position[middle]! - position || active.index[middle]! - index;
      if (before === 0) return this.first[layer]! + middle;
      if (before < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  activation(unit: number): number {
    const layer = this.layerOf(unit);
    return this.active[layer]!.value[unit - this.first[layer]!]!;
  }

  async encoders(units: readonly number[]): Promise<Encoder[]> {
    const byLayer = new Map<number, number[]>();
    for (const unit of units) {
      const { layer, index } = this.place(unit);
      byLayer.set(layer, [...(byLayer.get(layer) ?? []), index]);
    }
    const rows = new Map<number, Map<number, Floats>>();
    for (const [layer, indices] of byLayer) rows.set(layer, await this.encoderRowsOf(layer, indices));
    return Promise.all(
      units.map(async unit => {
        const { layer, position, index } = this.place(unit);
        const { encoderBias, centre } = this.layers[layer]!;
        const row = rows.get(layer)!.get(index)!;
        let bias = encoderBias[index]!;
        if (centre) for (let i = 0; i < row.length; i++) bias -= row[i]! * centre[i]!;
        const read = await this.places.reading(layer, position, row);
        // The activation is the pre-activation wherever a feature is active, in every non-linearity that we read.
        return { vector: read.vector, bias: bias + read.bias, value: this.activation(unit) };
      }),
    );
  }

  private async encoderRowsOf(layer: number, indices: readonly number[]): Promise<Map<number, Floats>> {
    const { encoder } = this.layers[layer]!;
    const take = async (wanted: readonly number[]) => {
      const unique = [...new Set(wanted)];
      const data = await gather(encoder, unique);
      return new Map(unique.map((index, i) => [index, data.slice(i * encoder.width, (i + 1) * encoder.width)]));
    };
    // A turned matrix has to pass by whole: all rows that could be asked for are taken at once, if they are not too many.
    const all = this.active[layer]!.index;
    if (!encoder.turned || all.length * encoder.width > 32 << 20) return take(indices);
    let had = this.encoderRows.get(layer);
    if (!had) {
      had = take([...all]);
      this.encoderRows.set(layer, had);
      had.catch(() => this.encoderRows.delete(layer));
    }
    return had;
  }

  decoder(unit: number): Promise<Floats> {
    return this.decoderAt(unit, this.layerOf(unit));
  }

  /** [dModel] what the unit writes into the stream at `layer`: its own, or a later one of a cross-layer dictionary. */
  async decoderAt(unit: number, layer: number): Promise<Floats> {
    const source = this.layerOf(unit);
    const { position } = this.place(unit);
    if (layer < source || layer >= source + this.layers[source]!.outputs)
      return new Float32Array(this.layers[source]!.dModel);
    const row = await this.writes.one(source, layer, unit - this.first[source]!);
    return this.places.written(layer, row, position);
  }

  async score(layer: number, pull: Floats, targets: number, positions: number, scores: Scores): Promise<void> {
    const { dModel } = this.recording.model.config;
    const at = await this.places.writing(layer, pull, positions);
    // [position, target, dModel]: one position's pulls side by side, for all sources that write here.
    const size = targets * dModel;
    // A sweep asks layer after layer; who asks meanwhile gets memory of its own.
    const memory = this.spare ?? new Scratch();
    this.spare = undefined;
    const turned = memory.take(at.length);
    for (let t = 0; t < targets; t++)
      for (let p = 0; p < positions; p++) {
        const from = (t * positions + p) * dModel;
        turned.set(at.subarray(from, from + dModel), p * size + t * dModel);
      }
    for (let source = 0; source <= layer; source++) {
      const { outputs } = this.layers[source]!;
      if (source + outputs <= layer) continue;
      const count = lowerBound(this.active[source]!.position, positions);
      const values = new Float32Array(targets * count);
      for await (const { stretches, most, rows } of this.writes.of(source, layer, count)) {
        const some = stretches.filter(({ position }) => position < positions);
        if (some.length === 0) continue;
        const y = await this.product.byBlocks(
          pullsAt(turned, some, size),
          targets,
          rows.subarray(0, some.length * most * dModel),
          most,
          dModel,
        );
        some.forEach(({ start, end }, i) => {
          for (let t = 0; t < targets; t++) {
            const from = (i * targets + t) * most;
            values.set(y.subarray(from, from + end - start), t * count + start);
          }
        });
      }
      if (outputs === 1) scores.run(this.first[source]!, count, values);
      else scores.part(this.first[source]!, count, values);
    }
    this.spare = memory;
  }

  vectors(layer: number): readonly VectorSource[] {
    return this.sources[layer]!;
  }

  bias(layer: number): Floats | undefined {
    return this.biases[layer];
  }

  async pass(layer: number, pull: Floats, targets: number, positions: number): Promise<Floats | undefined> {
    const { skip, dModel } = this.layers[layer]!;
    if (!skip) return undefined;
    const at = await this.places.writing(layer, pull, positions);
    const read = await this.product.byColumns(at, targets * positions, skip, dModel, dModel);
    const out = new Float32Array(pull.length);
    for (let row = 0; row < targets * positions; row++) {
      const one = read.subarray(row * dModel, (row + 1) * dModel);
      out.set((await this.places.reading(layer, row % positions, one)).vector, row * dModel);
    }
    return out;
  }
}

/** Of pulls [position, size] those of the stretches' positions; as they lie where these follow one another. */
function pullsAt(turned: Floats, stretches: readonly Stretch[], size: number): Floats {
  const first = stretches[0]!.position;
  if (stretches.every(({ position }, i) => position === first + i))
    return turned.subarray(first * size, (first + stretches.length) * size);
  const out = new Float32Array(stretches.length * size);
  stretches.forEach(({ position }, i) => {
    out.set(turned.subarray(position * size, (position + 1) * size), i * size);
  });
  return out;
}

/** How many positions of a sorted list are below `end`. */
function lowerBound(sorted: Uint32Array, end: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < end) low = middle + 1;
    else high = middle;
  }
  return low;
}
