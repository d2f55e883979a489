/**
 * Many variants of one prompt's run, in batches. Variants that first differ from the recorded run at like layers are run
 * together, from that layer on: everything below is taken from the recording. Where attention is live, so is everything
 * before the first changed position: the rest reads its keys and values.
 *
 * A variant is what remains of interventions once they know the model and the prompt: code that changes one run's
 * arrays. Knows nothing of sentences, graphs or verdicts.
 */
import { Problem } from "../core/problem.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { type Cache, forward, type Stages } from "../models/forward.ts";
import type { Model } from "../models/model.ts";
import type { Recording } from "../models/record.ts";
import { prefixOf, widened } from "../models/shared-prefix.ts";

type Floats = Float32Array<ArrayBufferLike>;
type Maybe = void | Promise<void>;

/** How the rest of the model reacts. */
export interface Mode {
  /** "frozen": attention patterns are the recorded ones. */
  readonly attention: "live" | "frozen";
  /** MLP outputs of these layers, first and last included, stay as recorded; over all layers norm scales do too. */
  readonly constrained?: readonly [first: number, last: number];
}

/** One run of the prompt with something changed. Arrays are this run's alone, [token, ...], to be changed in place. */
export interface Variant extends Mode {
  /** The first layer at which anything changes. */
  readonly first: number;
  /** The first position at which anything changes; 0 when left out. */
  readonly firstPosition?: number;
  /** Called before the run: its arrays begin with this position. */
  begin?(start: number): void;
  residual?(layer: number, x: Floats): Maybe;
  /** Does it change heads of this layer? */
  changesHeads?(layer: number): boolean;
  heads?(layer: number, heads: Floats): Maybe;
  mid?(layer: number, mid: Floats): Maybe;
  /** `taps` are what led to the units, where `readTaps` asks. Not called where MLP outputs are constrained. */
  hidden?(layer: number, hidden: Floats, taps: Readonly<Record<string, Floats>>): Maybe;
  /** The stream leaving the layer. */
  out?(layer: number, out: Floats): Maybe;
  readonly readTaps?: readonly string[];
}

export interface VariantOptions {
  /** Positions whose final stream is wanted; the last when left out. */
  readonly positions?: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** Variants done so far, of how many. */
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** Enough to keep the matrix unit busy, few enough that a batch's arrays stay in tens of megabytes. */
const BATCH_TOKENS = 2048;
const BATCH_FLOATS = 2 ** 25;

/**
 * [variant][positions, dModel] the stream leaving the last layer.
 * Throws a Problem that names layer and stage when a number stops being finite.
 */
export async function runVariants(
  recording: Recording,
  variants: readonly Variant[],
  options: VariantOptions = {},
): Promise<Float32Array<ArrayBuffer>[]> {
  const { model, tokens } = recording;
  const { dModel } = model.config;
  const positions = options.positions ?? [tokens - 1];
  const results: Float32Array<ArrayBuffer>[] = new Array(variants.length);
  const wanted = Math.min(...positions);
  const prefixes = new Map<number, Cache>();
  let done = 0;
  for (const { variants: batch, start } of batches(recording, variants, wanted)) {
    options.signal?.throwIfAborted();
    const some = batch.map(i => variants[i]!);
    for (const variant of some) variant.begin?.(start);
    const layer = some[0]!.first;
    const stream = recording.residual[layer]!.subarray(start * dModel);
    const x = new Float32Array(some.length * stream.length);
    for (let b = 0; b < some.length; b++) x.set(stream, b * stream.length);
    let last: Float32Array<ArrayBuffer> = x;
    if (layer < model.layers) {
      const ids = recording.ids.slice(start);
      if (start > 0 && !prefixes.has(start)) prefixes.set(start, await prefixOf(model, recording.ids.slice(0, start)));
      last = await forward(
        model,
        some.map(() => ids),
        {
          from: { layer, x },
          stages: stagesFor(recording, some),
          signal: options.signal,
          ...(start > 0 ? { cache: widened(prefixes.get(start)!, some.length) } : {}),
        },
      );
    }
    checkFinite(last, "after the last layer");
    batch.forEach((variant, b) => {
      const kept = new Float32Array(positions.length * dModel);
      positions.forEach((p, i) => {
        const at = (b * (tokens - start) + p - start) * dModel;
        kept.set(last.subarray(at, at + dModel), i * dModel);
      });
      results[variant] = kept;
    });
    done += batch.length;
    options.progress?.(done, variants.length);
  }
  return results;
}

const modeKey = (mode: Mode): string => `${mode.attention} ${mode.constrained?.join("-") ?? ""}`;

/** Does the mode hold norm scales too? */
export const holdsNorms = (model: Model, mode: Mode): boolean =>
  mode.constrained !== undefined && mode.constrained[0] <= 0 && mode.constrained[1] >= model.layers - 1;

interface Batch {
  readonly variants: readonly number[];
  /** The first position that is run. */
  readonly start: number;
}

/** Variants in batches of one mode and first position; deepest first layers together, so that most is shared. */
function batches(recording: Recording, variants: readonly Variant[], wanted: number): Batch[] {
  const { model, tokens } = recording;
  const { dModel, dMlp, heads } = model.config;
  const groups = new Map<string, { numbers: number[]; start: number }>();
  variants.forEach((variant, i) => {
    // Frozen patterns are worked out for the whole prompt, so those runs take it whole.
    const live = variant.attention === "live" && !variant.constrained;
    const start = live ? Math.min(variant.firstPosition ?? 0, wanted) : 0;
    const key = `${modeKey(variant)} ${start}`;
    const had = groups.get(key);
    if (had) had.numbers.push(i);
    else groups.set(key, { numbers: [i], start });
  });
  return [...groups.values()].flatMap(({ numbers, start }) => {
    const rows = tokens - start;
    const floats = rows * Math.max(3 * dMlp + 3 * dModel, heads * tokens);
    const size = Math.max(1, Math.min(Math.floor(BATCH_TOKENS / rows), Math.floor(BATCH_FLOATS / floats)));
    numbers.sort((a, b) => variants[a]!.first - variants[b]!.first || a - b);
    const parts: Batch[] = [];
    for (let i = 0; i < numbers.length; i += size) parts.push({ variants: numbers.slice(i, i + size), start });
    return parts;
  });
}

/** The stages of one batch: each variant gets its own part of every array. */
function stagesFor(recording: Recording, batch: readonly Variant[]): Stages {
  const { model } = recording;
  const mode = batch[0]!;
  const readTaps = [...new Set(batch.flatMap(v => v.readTaps ?? []))];
  const part = (data: Float32Array<ArrayBuffer>, b: number): Floats => {
    const size = data.length / batch.length;
    return data.subarray(b * size, (b + 1) * size);
  };
  const each = (stage: "residual" | "mid" | "out") => async (layer: number, data: Float32Array<ArrayBuffer>) => {
    for (let b = 0; b < batch.length; b++) {
      const variant = batch[b]!;
      if (layer >= variant.first) await variant[stage]?.(layer, part(data, b));
    }
    if (stage === "out") checkFinite(data, `in the residual stream after layer ${layer}`);
  };
  const constrained = mode.constrained;
  return {
    readTaps,
    residual: each("residual"),
    mid: each("mid"),
    out: each("out"),
    async hidden(layer, hidden, taps) {
      for (let b = 0; b < batch.length; b++) {
        const variant = batch[b]!;
        if (layer < variant.first || !variant.hidden) continue;
        await variant.hidden(
          layer,
          part(hidden, b),
          tapsOf(taps, readTaps, t => part(t, b)),
        );
      }
    },
    heads(layer) {
      if (!batch.some(v => v.changesHeads?.(layer))) return undefined;
      return async heads => {
        for (let b = 0; b < batch.length; b++)
          if (batch[b]!.changesHeads?.(layer)) await batch[b]!.heads?.(layer, part(heads, b));
      };
    },
    ...(mode.attention === "frozen" ? { frozenOn: (layer: number) => recording.residual[layer] } : {}),
    frozenNorms: holdsNorms(model, mode),
    ...(constrained
      ? {
          fixedMlp: (layer: number) =>
            layer >= constrained[0] && layer <= constrained[1] ? recording.mlpOut[layer] : undefined,
        }
      : {}),
  };
}

function tapsOf(
  taps: Readonly<Record<string, Tensor>>,
  names: readonly string[],
  part: (data: Float32Array<ArrayBuffer>) => Floats,
): Record<string, Floats> {
  return Object.fromEntries(names.map(name => [name, part(float32(taps[name]))]));
}

/** NaN or infinity anywhere makes the sum so. */
function checkFinite(data: Float32Array, where: string): void {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0;
  if (sum === 0) return;
  throw new Problem(`the intervention makes numbers that are not finite ${where}`, {
    advice: "a smaller value or scale",
  });
}
