/**
 * The adjoint sweep: from a batch of targets back to everything that feeds them, exact on the frozen model.
 *
 * 1. Hold one pull a target on the residual stream [target, position, dModel].
 * 2. Walk the layers downwards: score what the layer's MLP wrote, let a linear bypass through, start the targets that
 *    read at this layer, and pull back through the frozen attention.
 * 3. At the bottom, score the embeddings.
 *
 * No pull passes through a unit: units are sources. Nothing below a target's layer or after its position is touched.
 * Memory is the one buffer and a layer's scores. Cost of a target: positions × layers below × (attention's value and
 * output weights + the units' writes), twice, in flops. After Ameisen et al. 2025 (appendix on attribution), written
 * without an autograd graph; the row agrees with circuit-tracer's.
 */
import { float32, type Tensor, tensor } from "../core/tensor.ts";
import type { PromptBasis, VectorSource } from "../features/basis.ts";
import { Places } from "../models/forward.ts";
import type { Recording } from "../models/record.ts";
import { type FinishedRow, RowBuilder } from "./row.ts";

/** What a row is pulled back from. */
export interface SweepTarget {
  /** The layer whose MLP reads there; the number of layers for what reads the stream after the last. */
  readonly layer: number;
  readonly position: number;
  /** [dModel] the pull on the stream at its position. */
  readonly vector: Float32Array<ArrayBuffer>;
}

export interface SweptRow extends FinishedRow {
  readonly target: number;
  /** [position] what each embedding contributes. */
  readonly embeddings: Float64Array;
  readonly positionsBias: number;
  /** [layer] what each layer's biases contribute. */
  readonly biases: Float64Array;
  /** Errors and coarse nodes: contribution of each of `PromptBasis.vectors(layer)`, by layer. */
  readonly vectors: readonly { readonly layer: number; readonly source: VectorSource; readonly weight: number }[];
}

export interface SweepOptions {
  /** Contributions below this share of a row's mass are dropped; 0 keeps all. */
  readonly floor: number;
  /** Most unit contributions that a row keeps. */
  readonly most: number;
  readonly signal?: AbortSignal | undefined;
  /** Called before each pull through attention, for those who watch: the pull on the stream after attention. */
  readonly watch?: (
    layer: number,
    pull: Float32Array<ArrayBuffer>,
    targets: number,
    positions: number,
  ) => void | Promise<void>;
}

/**
 * Target-tokens that one sweep takes at once: enough to fill the matrix unit, few enough that a layer's scores stay near
 * the processor. Measured: see the notebook.
 */
const BATCH_TOKENS = 1024;
const BATCH_TARGETS = 64;
/** With so many target-tokens the matrix unit is full: those that read at earlier positions start a batch of their own. */
const FULL_TOKENS = 256;

/** Splits targets into batches of like position and depth, so that little work is done on zeros. */
export function batches(targets: readonly SweepTarget[]): number[][] {
  const order = targets.map((_, i) => i);
  order.sort((a, b) => targets[b]!.position - targets[a]!.position || targets[b]!.layer - targets[a]!.layer);
  const all: number[][] = [];
  for (let i = 0; i < order.length; ) {
    const { position } = targets[order[i]!]!;
    const positions = position + 1;
    const size = Math.max(1, Math.min(BATCH_TARGETS, Math.floor(BATCH_TOKENS / positions)));
    const full = Math.ceil(FULL_TOKENS / positions);
    let end = Math.min(order.length, i + size);
    for (let next = i + full; next < end; next++) if (targets[order[next]!]!.position < position) end = next;
    all.push(order.slice(i, end));
    i = end;
  }
  return all;
}

export class Sweep {
  private readonly recording: Recording;
  private readonly basis: PromptBasis;
  private readonly attentionBias: readonly (Float32Array<ArrayBuffer> | undefined)[];
  private readonly places = new Map<number, Places>();

  private constructor(
    recording: Recording,
    basis: PromptBasis,
    attentionBias: readonly (Float32Array<ArrayBuffer> | undefined)[],
  ) {
    this.recording = recording;
    this.basis = basis;
    this.attentionBias = attentionBias;
  }

  static async on(recording: Recording, basis: PromptBasis): Promise<Sweep> {
    return new Sweep(recording, basis, await attentionBiases(recording));
  }

  /** Rows of these targets, in their order. One batch: see `batches`. */
  async rows(targets: readonly SweepTarget[], options: SweepOptions): Promise<SweptRow[]> {
    const { model, embedding, positions: positionTable } = this.recording;
    const { dModel, parallel } = model.config;
    const positions = targets.reduce((most, t) => Math.max(most, t.position), 0) + 1;
    // Deepest first: those that have started are always the first rows of the buffer.
    const order = targets.map((_, i) => i).sort((a, b) => targets[b]!.layer - targets[a]!.layer);
    const size = positions * dModel;
    // Two buffers that take turns: one is pulled back into the other. Rows that have not started are zero in both.
    let pull = new Float32Array(targets.length * size);
    let next = new Float32Array(targets.length * size);
    let started = 0;
    const start = (layer: number, into: Float32Array): void => {
      while (started < order.length && targets[order[started]!]!.layer >= layer) {
        const t = targets[order[started]!]!;
        const at = started * size + t.position * dModel;
        for (let i = 0; i < dModel; i++) into[at + i]! += t.vector[i]!;
        started++;
      }
    };
    const builders = targets.map(() => new RowBuilder(options.floor));
    const biases = targets.map(() => new Float64Array(model.layers));
    const vectors: { layer: number; source: VectorSource; weight: number }[][] = targets.map(() => []);
    // What writes to several layers is added up here, and becomes edges when the walk is over.
    const parts: (Float32Array | undefined)[] = targets.map(() => undefined);
    const units = this.basis.count;

    start(model.layers, pull);
    for (let layer = model.layers - 1; layer >= 0; layer--) {
      options.signal?.throwIfAborted();
      const active = started;
      let passed: Float32Array | undefined;
      if (active > 0) {
        await this.basis.score(layer, pull.subarray(0, active * size), active, positions, {
          run(first, count, values, factors) {
            for (let row = 0; row < active; row++)
              builders[order[row]!]!.run(first, values, row * count, (row + 1) * count, factors);
          },
          some(units, values) {
            for (let row = 0; row < active; row++) builders[order[row]!]!.some(units, values, row * units.length);
          },
          part(first, count, values) {
            for (let row = 0; row < active; row++) {
              parts[order[row]!] ??= new Float32Array(units);
              const into = parts[order[row]!]!;
              for (let i = 0; i < count; i++) into[first + i]! += values[row * count + i]!;
            }
          },
        });
        for (const source of this.basis.vectors(layer)) {
          if (source.position >= positions) continue;
          for (let row = 0; row < active; row++) {
            const weight = dot(pull, row * size + source.position * dModel, source.vector, 0, dModel);
            vectors[order[row]!]!.push({ layer, source, weight });
          }
        }
        const bias = this.basis.bias(layer);
        if (bias)
          for (let row = 0; row < active; row++) biases[order[row]!]![layer]! += dot(pull, row * size, bias, 0, size);
        passed = await this.basis.pass?.(layer, pull.subarray(0, active * size), active, positions);
      }
      // A sequential block's MLP reads after attention, where the pull now is; a parallel one's before it.
      const read = (into: Float32Array): void => {
        if (passed) for (let i = 0; i < passed.length; i++) into[i]! += passed[i]!;
        start(layer, into);
      };
      if (!parallel) read(pull);
      if (started > 0) {
        await this.throughAttention(layer, pull, next, started, positions, biases, order, options);
        [pull, next] = [next, pull];
      }
      if (parallel) read(pull);
    }

    return targets.map((_, target) => {
      const row = order.indexOf(target);
      const embeddings = new Float64Array(this.recording.tokens);
      for (let p = 0; p < positions; p++)
        embeddings[p] = dot(pull, row * size + p * dModel, embedding, p * dModel, dModel);
      const added = parts[target];
      if (added) builders[target]!.run(0, added, 0, added.length);
      const finished = builders[target]!.finish(options.most);
      return {
        target,
        ...finished,
        embeddings,
        positionsBias: positionTable ? dot(pull, row * size, positionTable, 0, size) : 0,
        biases: biases[target]!,
        vectors: vectors[target]!,
      };
    });
  }

  /** The pull on the stream entering the layer, into `next`, for the rows that have started. */
  private async throughAttention(
    layer: number,
    pull: Float32Array<ArrayBuffer>,
    next: Float32Array<ArrayBuffer>,
    started: number,
    positions: number,
    biases: readonly Float64Array[],
    order: readonly number[],
    options: SweepOptions,
  ): Promise<void> {
    const { model, residual } = this.recording;
    const { dModel } = model.config;
    const size = positions * dModel;
    await options.watch?.(layer, pull, started, positions);
    const bias = this.attentionBias[layer];
    if (bias)
      for (let row = 0; row < started; row++) biases[order[row]!]![layer]! += dot(pull, row * size, bias, 0, size);
    const program = await model.program("attendPull", layer);
    const shape = [started, positions, dModel];
    const into = next.subarray(0, started * size);
    const { pulled } = await program.run(
      {
        pull: tensor(shape, pull.subarray(0, started * size)),
        x0: tensor([1, positions, dModel], residual[layer]!.subarray(0, size)),
        ...this.placesFor(positions).of(layer),
      },
      ["pulled"],
      { pulled: tensor(shape, into) },
    );
    // A device may give its own memory.
    const data = float32(pulled);
    if (data.buffer !== next.buffer) into.set(data);
  }

  private placesFor(positions: number): Places {
    let had = this.places.get(positions);
    if (!had) {
      had = new Places(this.recording.model, 0, positions, this.recording.tokens);
      this.places.set(positions, had);
    }
    return had;
  }
}

/** [layer][token, dModel] what each attention block writes whatever it reads. */
async function attentionBiases(recording: Recording): Promise<(Float32Array<ArrayBuffer> | undefined)[]> {
  const { model, tokens, residual } = recording;
  const { dModel } = model.config;
  const places = new Places(model, 0, tokens);
  const names = ["norm1.bias", "values.bias", "attentionOut.bias", "postNorm1.bias"];
  return Promise.all(
    Array.from({ length: model.layers }, async (_, layer) => {
      if (!names.some(name => model.reader.has(name, layer))) return undefined;
      const program = await model.program("attendFrozen", layer);
      const out = await program.run({
        x: tensor([1, tokens, dModel], new Float32Array(tokens * dModel)) as Tensor,
        x0: tensor([1, tokens, dModel], residual[layer]!),
        ...places.of(layer),
      });
      return float32(out.mid);
    }),
  );
}

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[atA + i]! * b[atB + i]!;
  return sum;
}
