/**
 * What a dictionary makes of one prompt.
 *
 * 1. Encode what every layer reads; note what is active.
 * 2. Rebuild each MLP's output from what active features write (a cross-layer one: from all layers up to it).
 * 3. What is missing is the error of its layer and position; at the first positions, where dictionaries are not trained,
 *    one coarse `mlp` node stands for the whole.
 *
 * The decoder's bias is the layer's bias, and what a norm's bias sends through a skip connection belongs to it.
 */
import type { Dictionary, DictionaryLayer } from "../../formats/dictionaries/dictionary.ts";
import { Scratch } from "../../formats/dictionaries/matrix.ts";
import type { Recording } from "../../models/record.ts";
import type { VectorSource } from "../basis.ts";
import { encode, skipped } from "./encode.ts";
import { doubts, explainedShare } from "./explained.ts";
import { Places, recordedAt } from "./places.ts";
import type { Product } from "./product.ts";
import type { Active } from "./select.ts";
import { Writes } from "./writes.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface DictionaryOptions {
  /** Positions at the start without features. By default 1, and 4 for Gemma-3 chat prompts, as in circuit-tracer. */
  readonly silentPositions?: number;
  /** Bytes of decoder rows that are kept in memory for a prompt: 1 GiB by default. */
  readonly memory?: number;
  /** See `Product`: for tests of both ways. */
  readonly smallProduct?: number;
  readonly signal?: AbortSignal | undefined;
}

/** `<bos><start_of_turn>user\n` in Gemma 3's tokens: the Gemma Scope 2 dictionaries were not trained on these. */
const CHAT_START = [2, 105, 2364, 107];

/** How many positions at the start of a prompt dictionaries leave out. */
export function silentPositionsOf(ids: readonly number[]): number {
  return CHAT_START.every((id, i) => ids[i] === id) ? CHAT_START.length : 1;
}

export interface EncodedPrompt {
  readonly places: Places;
  /** [layer] ordered by position and feature. */
  readonly active: readonly Active[];
  readonly writes: Writes;
  /** [layer][position] errors and coarse nodes. */
  readonly sources: readonly (readonly VectorSource[])[];
  readonly biases: readonly (Floats | undefined)[];
  /** [layer] see `explainedShare`. */
  readonly explained: readonly number[];
  readonly notes: readonly string[];
  /** Positions at the start without features. */
  readonly silent: number;
}

/** Throws a Problem for an encoder, or a decoder row that is used, that holds NaN. */
export async function encodedPrompt(
  dictionary: Dictionary,
  recording: Recording,
  product: Product,
  options: DictionaryOptions,
): Promise<EncodedPrompt> {
  const { model, tokens } = recording;
  const { dModel } = model.config;
  const silent = Math.min(tokens, options.silentPositions ?? silentPositionsOf(recording.ids));
  const places = new Places(recording, dictionary.reads, dictionary.writes);

  const { layers, reads } = dictionary;
  const active: Active[] = [];
  const memory = [new Scratch(), new Scratch()] as const;
  const begin = (layer: DictionaryLayer) => {
    const x = recordedAt(recording, layer.layer, reads);
    const begun = encode(layer, x, product, { silent, scratch: memory[layer.layer % 2], signal: options.signal });
    begun.catch(() => {}); // whoever waits for it hears of it; nobody does where a layer before it has failed
    return begun;
  };
  // A layer's encoder is read while the one before it is multiplied with.
  let next = layers[0] && begin(layers[0]);
  for (let l = 0; next; l++) {
    const own = next;
    next = layers[l + 1] && begin(layers[l + 1]!);
    active.push(await own);
  }
  const writes = new Writes(layers, active, options.memory ?? 2 ** 30);
  const rebuilt = layers.map(() => new Float32Array(tokens * dModel));
  for (let source = 0; source < layers.length; source++) {
    options.signal?.throwIfAborted();
    await writes.load(source, rebuilt, memory[0]);
  }

  const sources: VectorSource[][] = [];
  const biases: Floats[] = [];
  const explained: number[] = [];
  for (const [l, layer] of dictionary.layers.entries()) {
    const x = recordedAt(recording, l, dictionary.reads);
    const skip = await skipped(layer, x, product);
    const constant = await skippedBias(layer, await places.readingBias(l), product);
    // Biases: the decoder's where features are, and what a norm's bias sends through the skip connection everywhere.
    const bias = new Float32Array(tokens * dModel);
    const beside = new Float32Array(tokens * dModel);
    for (let p = 0; p < tokens; p++) {
      for (let i = 0; i < dModel; i++) {
        const at = p * dModel + i;
        bias[at] = (p >= silent ? layer.decoderBias[i]! : 0) + (constant?.[i] ?? 0);
        beside[at] = rebuilt[l]![at]! + (p >= silent ? layer.decoderBias[i]! : 0) + (skip?.[at] ?? 0);
      }
    }
    biases.push(await places.written(l, bias));
    const known = await places.written(l, beside);
    const out = recording.mlpOut[l]!;
    sources.push(
      Array.from({ length: tokens }, (_, position): VectorSource => {
        const from = position * dModel;
        const vector = Float32Array.from({ length: dModel }, (_, i) => out[from + i]! - known[from + i]!);
        return { kind: position < silent ? "mlp" : "error", position, vector };
      }),
    );
    explained.push(explainedShare(out, known, silent, tokens, dModel));
  }
  const notes = [...dictionary.notes, ...doubts(dictionary, model.name, explained, tokens - silent)];
  return { places, active, writes, sources, biases, explained, notes, silent };
}

/** skip · (what a norm's bias puts where features read). */
async function skippedBias(
  layer: DictionaryLayer,
  bias: Floats | undefined,
  product: Product,
): Promise<Floats | undefined> {
  return bias && skipped(layer, bias, product);
}
