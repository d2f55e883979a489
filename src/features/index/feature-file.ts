/**
 * A unit's record as the feature JSON of circuit-tracer and Neuronpedia, and many as its packed form: a file a layer of
 * (u32 length, gzipped JSON) one after the other, and one index of offsets.
 */
import { gzipSync, strToU8 } from "fflate";
import type { Example, UnitRecord } from "./record.ts";

export interface FeatureFile {
  readonly index: number;
  readonly transcoder_id: string;
  readonly examples_quantiles: readonly {
    readonly quantile_name: string;
    readonly examples: readonly {
      readonly tokens: readonly string[];
      readonly tokens_acts_list: readonly number[];
      readonly train_token_ind: number;
      readonly is_repeated_datapoint: boolean;
    }[];
  }[];
  readonly top_logits: readonly string[];
  readonly bottom_logits: readonly string[];
  readonly act_min: number;
  readonly act_max: number;
  readonly quantile_values: readonly number[];
  readonly histogram: readonly number[];
  readonly activation_frequency: number;
}

/** `tokens` gives the texts of a window's tokens. */
export function featureFile(record: UnitRecord, basis: string, tokens: (window: number) => string[]): FeatureFile {
  const example = ({ window, at, scale, acts }: Example) => ({
    tokens: tokens(window),
    tokens_acts_list: acts.map(a => Number(((a / 127) * scale).toPrecision(4))),
    train_token_ind: at,
    is_repeated_datapoint: false,
  });
  const named = (text: string, examples: readonly Example[]) =>
    examples.length > 0 ? [{ quantile_name: text, examples: examples.map(example) }] : [];
  return {
    index: record.index,
    transcoder_id: `${basis}-${record.layer}`,
    examples_quantiles: [
      ...named("Top Activations", record.top),
      ...record.quantiles
        .toReversed()
        .flatMap(({ low, high, examples }) => named(`Quantile ${low} to ${high}`, examples)),
      ...named("Bottom Activations", record.low),
    ],
    top_logits: record.promotes?.map(t => t.text) ?? [],
    bottom_logits: record.suppresses?.map(t => t.text) ?? [],
    act_min: record.min,
    act_max: record.max,
    quantile_values: record.quantiles.map(band => band.from),
    histogram: record.histogram.counts,
    activation_frequency: record.density,
  };
}

/** One layer's file and its offsets. */
export function packedLayer(features: readonly FeatureFile[]): { pieces: Uint8Array[]; offsets: number[] } {
  const offsets = [0];
  const pieces: Uint8Array[] = [];
  for (const feature of features) {
    const body = gzipSync(strToU8(JSON.stringify(feature)), { level: 5, mtime: 0 });
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, body.length, true);
    pieces.push(length, body);
    offsets.push(offsets.at(-1)! + 4 + body.length);
  }
  return { pieces, offsets };
}

/** features/index.json.gz */
export function packedIndex(layers: readonly { layer: number; offsets: readonly number[] }[]): Uint8Array {
  const index = Object.fromEntries(
    layers.map(({ layer, offsets }) => [layer, { filename: `layer_${layer}.bin`, offsets }]),
  );
  return gzipSync(strToU8(JSON.stringify(index)), { mtime: 0 });
}
