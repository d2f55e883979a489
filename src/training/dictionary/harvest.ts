/**
 * Activations from a model: sequences go through as many layers as are needed, and what those layers read and wrote at
 * each token comes out. Left out are first positions, which hold no text and dwarf everything (dictionaries are silent
 * there), and tokens at which a layer writes far more than it does at others (`limitOf`).
 */
import { float32, type Tensor } from "../../core/tensor.ts";
import type { Hook } from "../../formats/dictionaries/dictionary.ts";
import { forward, type Stages } from "../../models/forward.ts";
import type { Model } from "../../models/model.ts";
import type { ActivationRows } from "./activation-rows.ts";
import { normsOf } from "./normalisation.ts";
import type { Plan } from "./plan.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Sequences are sorted within this many batches, so that little is padding. */
const sortedBatches = 8;

export interface HarvestOptions {
  /** By place in the plan's layers: the largest norm written that still counts. Everything counts when left out. */
  readonly limits?: readonly number[];
  /** How many positions at the start are left out. */
  readonly silentPositions?: number;
  /** Tokens that go through the model together, padding included: 4,096 when left out. */
  readonly batchTokens?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of tokens that were beyond a limit. */
  readonly leftOut?: (tokens: number) => void;
}

/** Rows in no particular order. The same sequences give the same rows in the same order. */
export async function* harvest(
  model: Model,
  plan: Pick<Plan, "layers" | "dModel" | "reads" | "writes">,
  sequences: Iterable<readonly number[]>,
  options: HarvestOptions = {},
): AsyncGenerator<ActivationRows, void, undefined> {
  const embeddings = new Embeddings(model);
  for (const batch of batches(sequences, options.batchTokens)) {
    options.signal?.throwIfAborted();
    yield rowsOf(await watched(model, plan, batch, embeddings), batch, plan, options);
  }
}

/** Sequences of nearly one length together, each batch about as many tokens. */
export function* batches(
  sequences: Iterable<readonly number[]>,
  batchTokens = 4096,
): Generator<readonly (readonly number[])[]> {
  let waiting: (readonly number[])[] = [];
  let tokens = 0;
  for (const ids of sequences) {
    waiting.push(ids);
    tokens += ids.length;
    if (tokens < batchTokens * sortedBatches) continue;
    yield* cut(waiting, batchTokens);
    waiting = [];
    tokens = 0;
  }
  yield* cut(waiting, batchTokens);
}

function* cut(
  sequences: readonly (readonly number[])[],
  batchTokens: number,
): Generator<readonly (readonly number[])[]> {
  let batch: (readonly number[])[] = [];
  for (const ids of sequences.toSorted((a, b) => a.length - b.length)) {
    if ((batch.length + 1) * ids.length > batchTokens && batch.length > 0) {
      yield batch;
      batch = [];
    }
    batch.push(ids);
  }
  if (batch.length > 0) yield batch;
}

interface Watched {
  readonly length: number;
  readonly read: readonly Floats[];
  readonly write: readonly Floats[];
}

/** What stood at the plan's hooks, padding included: [sequence, length, dModel] a layer. */
async function watched(
  model: Model,
  plan: Pick<Plan, "layers" | "reads" | "writes">,
  batch: readonly (readonly number[])[],
  embeddings: Embeddings,
): Promise<Watched> {
  const length = batch.at(-1)!.length;
  const at = new Map(plan.layers.map((layer, i) => [layer, i]));
  const read: Floats[] = [];
  const write: Floats[] = [];
  const seen = (hook: Hook, layer: number, values: () => Floats) => {
    const i = at.get(layer);
    if (i === undefined) return;
    if (plan.reads === hook) read[i] = values().slice();
    if (plan.writes === hook) write[i] = values().slice();
  };
  const tap = (taps: Readonly<Record<string, Tensor>>, name: string) => () => float32(taps[name]);
  const stages: Stages = {
    readTaps: plan.reads === "mlp.in" ? ["mlp.in"] : [],
    writeTaps: plan.writes === "mlp.out" ? ["mlp.out"] : [],
    residual: (layer, x) => seen("residual.in", layer, () => x),
    hidden: (layer, _hidden, taps) => seen("mlp.in", layer, tap(taps, "mlp.in")),
    out(layer, out, taps) {
      seen("mlp.out", layer, tap(taps, "mlp.out"));
      seen("residual.out", layer, () => out);
    },
  };
  await forward(
    model,
    batch.map(ids => [...ids, ...new Array<number>(length - ids.length).fill(ids[0]!)]),
    { stages, layers: plan.layers.at(-1)! + 1, from: { layer: 0, x: await embeddings.of(batch, length) } },
  );
  return { length, read, write };
}

function rowsOf(
  { length, read, write }: Watched,
  batch: readonly (readonly number[])[],
  { dModel }: Pick<Plan, "dModel">,
  { limits, silentPositions = 1, leftOut }: HarvestOptions,
): ActivationRows {
  const norms = limits && write.map(one => normsOf(one, dModel));
  const kept: number[] = [];
  let beyond = 0;
  batch.forEach((ids, b) => {
    for (let t = silentPositions; t < ids.length; t++) {
      const row = b * length + t;
      if (norms?.some((one, i) => one[row]! > limits![i]!)) beyond++;
      else kept.push(row);
    }
  });
  if (beyond > 0) leftOut?.(beyond);
  const gathered = (all: readonly Floats[]) =>
    all.map(one => {
      const out = new Float32Array(kept.length * dModel);
      kept.forEach((row, i) => {
        out.set(one.subarray(row * dModel, (row + 1) * dModel), i * dModel);
      });
      return out;
    });
  return { count: kept.length, read: gathered(read), write: gathered(write) };
}

/** Embedding rows, kept once they have been read: the file is not asked for the same word a million times. */
export class Embeddings {
  private readonly rows = new Map<number, Floats>();
  private positions: Floats | undefined;
  private readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }

  /** [sequence, length, dModel], zeros where a sequence has ended. */
  async of(batch: readonly (readonly number[])[], length: number): Promise<Floats> {
    const { dModel } = this.model.config;
    for (const ids of batch)
      for (const id of ids) if (!this.rows.has(id)) this.rows.set(id, (await this.model.embedParts([id])).tokens);
    const x = new Float32Array(batch.length * length * dModel);
    const positions = await this.upTo(batch[0]![0]!, length);
    batch.forEach((ids, b) => {
      ids.forEach((id, t) => {
        const at = (b * length + t) * dModel;
        x.set(this.rows.get(id)!, at);
        if (positions) for (let i = 0; i < dModel; i++) x[at + i]! += positions[t * dModel + i]!;
      });
    });
    return x;
  }

  /** Learned positions, where the model has them. */
  private async upTo(anyId: number, length: number): Promise<Floats | undefined> {
    if (!this.model.config.family.weights.positions) return undefined;
    if (!this.positions || this.positions.length < length * this.model.config.dModel) {
      const parts = await this.model.embedParts(new Array<number>(length).fill(anyId));
      this.positions = parts.positions!;
    }
    return this.positions;
  }
}
