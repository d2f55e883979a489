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
    if (start > 0 && !prefixes.has(start)) prefixes.set(start, await prefixOf(model, recording.ids.slice(0, start)));
    const jobs = batch.map(i => ({ recording, variant: variants[i]! }));
    const cache = start > 0 ? widened(prefixes.get(start)!, jobs.length) : undefined;
    const last = await together(jobs, start, cache, options.signal);
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

/** A variant, and the run of which it is one. */
export interface Job {
  readonly recording: Recording;
  readonly variant: Variant;
}

/** From so many variants of one prompt on, sharing what lies before the first change saves more than company does. */
const OWN_BATCH = 8;

/**
 * Variants of many prompts' runs, prompts of one length side by side: [job][dModel] the stream leaving the last layer at
 * the last position. Where attention is frozen each prompt has patterns of its own, so it goes alone.
 */
export async function runAcross(
  jobs: readonly Job[],
  options: Pick<VariantOptions, "signal"> = {},
): Promise<Float32Array<ArrayBuffer>[]> {
  const results: Float32Array<ArrayBuffer>[] = new Array(jobs.length);
  const alone: number[][] = [];
  const company = new Map<number, number[]>();
  for (const numbers of grouped(jobs, job => job.recording).values()) {
    const many = numbers.filter(i => isFree(jobs[i]!.variant));
    if (many.length >= OWN_BATCH || many.length < numbers.length) alone.push(numbers);
    else {
      const { tokens } = jobs[numbers[0]!]!.recording;
      company.set(tokens, [...(company.get(tokens) ?? []), ...numbers]);
    }
  }
  for (const numbers of alone) {
    const { recording } = jobs[numbers[0]!]!;
    const streams = await runVariants(
      recording,
      numbers.map(i => jobs[i]!.variant),
      options,
    );
    for (const [k, i] of numbers.entries()) results[i] = streams[k]!;
  }
  for (const [tokens, numbers] of company) {
    const { model } = jobs[numbers[0]!]!.recording;
    const { dModel } = model.config;
    numbers.sort((a, b) => jobs[a]!.variant.first - jobs[b]!.variant.first || a - b);
    const size = batchSize(model, tokens, tokens);
    for (let from = 0; from < numbers.length; from += size) {
      const some = numbers.slice(from, from + size);
      const last = await together(
        some.map(i => jobs[i]!),
        0,
        undefined,
        options.signal,
      );
      for (const [b, i] of some.entries())
        results[i] = last.slice(((b + 1) * tokens - 1) * dModel, (b + 1) * tokens * dModel);
    }
  }
  return results;
}

/** The places of the values with one key, by key. */
function grouped<T, K>(values: readonly T[], key: (value: T) => K): Map<K, number[]> {
  const groups = new Map<K, number[]>();
  values.forEach((value, i) => {
    const had = groups.get(key(value));
    if (had) had.push(i);
    else groups.set(key(value), [i]);
  });
  return groups;
}

/** [job, token from start on, dModel] the streams leaving the last layer, from the first change of any of them on. */
async function together(
  jobs: readonly Job[],
  start: number,
  cache: Cache | undefined,
  signal: AbortSignal | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  signal?.throwIfAborted();
  const { recording } = jobs[0]!;
  const { model } = recording;
  const { dModel } = model.config;
  const variants = jobs.map(job => job.variant);
  for (const variant of variants) variant.begin?.(start);
  const layer = variants.reduce((least, v) => Math.min(least, v.first), model.layers);
  const size = (recording.tokens - start) * dModel;
  const x = new Float32Array(jobs.length * size);
  for (const [b, job] of jobs.entries()) x.set(job.recording.residual[layer]!.subarray(start * dModel), b * size);
  const last =
    layer < model.layers
      ? await forward(
          model,
          jobs.map(job => job.recording.ids.slice(start)),
          { from: { layer, x }, stages: stagesFor(recording, variants), signal, ...(cache ? { cache } : {}) },
        )
      : x;
  checkFinite(last, "after the last layer");
  return last;
}

/** Is nothing held that was worked out for the prompt as a whole? */
const isFree = (mode: Mode): boolean => mode.attention === "live" && !mode.constrained;

const modeKey = (mode: Mode): string => `${mode.attention} ${mode.constrained?.join("-") ?? ""}`;

/** Does the mode hold norm scales too? */
export const holdsNorms = (model: Model, mode: Mode): boolean =>
  mode.constrained !== undefined && mode.constrained[0] <= 0 && mode.constrained[1] >= model.layers - 1;

interface Batch {
  readonly variants: readonly number[];
  /** The first position that is run. */
  readonly start: number;
}

/** Variants of a prompt that run at once, when so many of its tokens do. */
function batchSize({ config: { dModel, dMlp, heads } }: Model, tokens: number, rows: number): number {
  const floats = rows * Math.max(3 * dMlp + 3 * dModel, heads * tokens);
  return Math.max(1, Math.min(Math.floor(BATCH_TOKENS / rows), Math.floor(BATCH_FLOATS / floats)));
}

/** A pass reads all weights, however few tokens it runs: about so many tokens' arithmetic takes as long on a processor. */
const PASS = 40;

/** Variants in batches of one mode and first position; deepest first layers together, so that most is shared. */
function batches(recording: Recording, variants: readonly Variant[], wanted: number): Batch[] {
  const { model, tokens } = recording;
  const startOf = (i: number) => Math.min(variants[i]!.firstPosition ?? 0, wanted);
  const all: Batch[] = [];
  for (const numbers of grouped(variants, modeKey).values()) {
    // Frozen patterns are worked out for the whole prompt, so those runs take it whole.
    for (const group of isFree(variants[numbers[0]!]!) ? byStart(numbers, startOf) : [{ numbers, start: 0 }]) {
      const size = batchSize(model, tokens, tokens - group.start);
      const order = [...group.numbers].sort((a, b) => variants[a]!.first - variants[b]!.first || a - b);
      for (let i = 0; i < order.length; i += size) all.push({ variants: order.slice(i, i + size), start: group.start });
    }
  }
  return all;
}

/**
 * Those that begin at like positions together. A group of its own saves the tokens before its start and costs two passes,
 * its own and that of the prefix whose keys and values it reads: a few runs go along with those that begin earlier.
 */
function byStart(numbers: readonly number[], startOf: (i: number) => number): { numbers: number[]; start: number }[] {
  const groups: { numbers: number[]; start: number }[] = [];
  for (const [start, places] of [...grouped(numbers, startOf)].sort(([a], [b]) => a - b)) {
    const some = places.map(i => numbers[i]!);
    const last = groups.at(-1);
    if (last && some.length * (start - last.start) <= 2 * PASS) last.numbers.push(...some);
    else if (!last && some.length * start <= PASS) groups.push({ numbers: some, start: 0 });
    else groups.push({ numbers: some, start });
  }
  return groups;
}

/** The stages of one batch: each variant gets its own part of every array. `recording` is the one run where anything is held. */
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
