/**
 * One prompt's run, written down: everything that an attribution needs to hold constant, and nothing that grows with
 * the square of the prompt (attention patterns are worked out again from the residual stream where they are needed).
 */
import { float32 } from "../core/tensor.ts";
import { forward, type Stages } from "./forward.ts";
import type { Model } from "./model.ts";

export interface Recording {
  readonly model: Model;
  readonly ids: readonly number[];
  readonly tokens: number;
  /** [token, dModel] embedding rows, scaled; learned positions apart. */
  readonly embedding: Float32Array<ArrayBuffer>;
  readonly positions: Float32Array<ArrayBuffer> | undefined;
  /** [layer][token, dModel] the stream entering each layer, and (last entry) leaving the last. */
  readonly residual: readonly Float32Array<ArrayBuffer>[];
  /** [layer][token, dModel] after attention. */
  readonly mid: readonly Float32Array<ArrayBuffer>[];
  /** [layer] what the MLP's units were and what led to them, by tap name: `hidden`, `up`, `gate`, `norm2.scale` ... */
  readonly read: readonly Readonly<Record<string, Float32Array<ArrayBuffer>>>[];
  /** [layer][token, dModel] what the MLP wrote. */
  readonly mlpOut: readonly Float32Array<ArrayBuffer>[];
  /** [layer][token] 1 / rms of the norm after the MLP, where there is one. */
  readonly postScale: readonly (Float32Array<ArrayBuffer> | undefined)[];
}

/** The stream that a layer's MLP reads. */
export const mlpStream = (recording: Recording, layer: number): Float32Array<ArrayBuffer> =>
  (recording.model.config.parallel ? recording.residual : recording.mid)[layer]!;

/** [dModel] The stream that leaves the last layer at a position (the last one when left out), before the final norm. A copy. */
export function finalStream(
  { model, residual, tokens }: Recording,
  position: number = tokens - 1,
): Float32Array<ArrayBuffer> {
  const { dModel } = model.config;
  return residual[model.layers]!.slice(position * dModel, (position + 1) * dModel);
}

/** [vocabulary] What the model says at a position: the last one when left out. */
export const logitsAt = (recording: Recording, position?: number): Promise<Float32Array<ArrayBuffer>> =>
  recording.model.logits(finalStream(recording, position));

export interface RecordOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((layer: number) => void) | undefined;
  /** Taps of the MLP's reading to keep besides what every basis needs. */
  readonly readTaps?: readonly string[];
  /** What is changed in the run, in place, before it is written down (`generationStages(…)(0)`, attention live). */
  readonly change?: Stages | undefined;
}

/** Runs the model on these ids and records. Memory: tokens × layers × (3 dMlp + 4 dModel) floats. */
export async function recordRun(model: Model, ids: readonly number[], options: RecordOptions = {}): Promise<Recording> {
  return (await recordRuns(model, [ids], options))[0]!;
}

/** Several prompts of one length, run side by side. Each recording is a view into what all of them share. */
export async function recordRuns(
  model: Model,
  batch: readonly (readonly number[])[],
  options: RecordOptions = {},
): Promise<Recording[]> {
  const gated = model.config.family.mlp === "gated";
  const post = model.config.family.postNorms;
  const readTaps = [...new Set(["up", ...(gated ? ["gate"] : []), "norm2.scale", ...(options.readTaps ?? [])])];
  const change = options.change ?? {};
  const residual: Floats[] = [];
  const mid: Floats[] = [];
  const read: Record<string, Floats>[] = [];
  const mlpOut: Floats[] = [];
  const postScale: (Floats | undefined)[] = [];
  const last = await forward(model, batch, {
    signal: options.signal,
    progress: options.progress,
    stages: {
      readTaps,
      writeTaps: ["mlp.out", ...(post ? ["postNorm2.scale"] : [])],
      ...(change.heads ? { heads: change.heads } : {}),
      async residual(layer, x) {
        await change.residual?.(layer, x);
        residual.push(x);
      },
      async mid(layer, x) {
        await change.mid?.(layer, x);
        mid.push(x);
      },
      async hidden(layer, hidden, taps) {
        await change.hidden?.(layer, hidden, taps);
        read[layer] = { hidden, ...Object.fromEntries(readTaps.map(name => [name, float32(taps[name])])) };
      },
      async out(layer, out, taps) {
        await change.out?.(layer, out, taps);
        mlpOut.push(float32(taps["mlp.out"]));
        postScale.push(post ? float32(taps["postNorm2.scale"]) : undefined);
      },
    },
  });
  residual.push(last);
  const recordings: Recording[] = [];
  for (const [b, ids] of batch.entries()) {
    const parts = await model.embedParts(ids);
    const own = (all: Floats): Floats => {
      const size = all.length / batch.length;
      return batch.length === 1 ? all : all.subarray(b * size, (b + 1) * size);
    };
    recordings.push({
      model,
      ids,
      tokens: ids.length,
      // A changed token is another embedding: what enters the first layer, learned positions apart.
      embedding: options.change ? without(own(residual[0]!), parts.positions) : parts.tokens,
      positions: parts.positions,
      residual: residual.map(own),
      mid: mid.map(own),
      read: read.map(taps => Object.fromEntries(Object.entries(taps).map(([name, all]) => [name, own(all)]))),
      mlpOut: mlpOut.map(own),
      postScale: postScale.map(all => all && own(all)),
    });
  }
  return recordings;
}

type Floats = Float32Array<ArrayBuffer>;

function without(stream: Float32Array<ArrayBuffer>, positions: Float32Array | undefined): Float32Array<ArrayBuffer> {
  return positions ? stream.map((v, i) => v - positions[i]!) : stream.slice();
}
