/**
 * The loop: a chunk of activations into the buffer, its batches through the trainer, a look now and then. Knows no clock
 * and no disk: the buffer is handed in.
 */
import { random } from "../../core/random.ts";
import type { Model } from "../../models/model.ts";
import { hash } from "../corpus/random.ts";
import { type ActivationRows, inPieces, reordered, shuffledOrder } from "./activation-rows.ts";
import { type Chunks, placeOf } from "./chunks.ts";
import type { DictionaryStep, DictionaryTrainer } from "./dictionary-trainer.ts";
import { type HarvestOptions, harvest } from "./harvest.ts";
import type { Sequences } from "./sequences.ts";

export interface Buffer {
  writePiece(piece: number, rows: ActivationRows, batches: number): Promise<void>;
  readBatch(batch: number): Promise<ActivationRows>;
}

export interface TrainDictionaryOptions {
  readonly model: Model;
  readonly sequences: Sequences;
  readonly limits: readonly number[];
  readonly chunks: Chunks;
  readonly buffer: Buffer;
  /** How the model is run: see `HarvestOptions`. */
  readonly harvesting?: Pick<HarvestOptions, "silentPositions" | "batchTokens">;
  readonly signal?: AbortSignal;
  /** Pieces of a chunk that are harvested. */
  readonly filling?: (piece: number, of: number) => void;
  /** Tokens left out for what a layer writes there. */
  readonly leftOut?: (tokens: number) => void;
  /** Before each step: for whoever has a clock. */
  readonly learning?: () => void;
  readonly report?: (step: DictionaryStep) => void | Promise<void>;
  /** How many steps between looks; the last step always has one. */
  readonly lookEvery: number;
  readonly look?: (trainer: DictionaryTrainer) => Promise<void>;
  readonly saveEvery: number;
  /** Must be done with the trainer's state when it resolves. */
  readonly save?: (trainer: DictionaryTrainer) => Promise<void>;
}

/**
 * Trains up to `settings.schedule.steps`, from wherever the trainer is: stopping and going on later gives the same
 * weights, bit for bit, as going through at once on the same machine. Aborted, it saves what it has and throws.
 */
export async function trainDictionary(trainer: DictionaryTrainer, options: TrainDictionaryOptions): Promise<void> {
  const { chunks, buffer, signal, learning, report, look, lookEvery, save, saveEvery } = options;
  let filled = -1;
  while (trainer.step < chunks.steps) {
    const { chunk, batch, batches } = placeOf(chunks, trainer.step);
    try {
      if (filled !== chunk) await fill(trainer, chunk, batches, options);
      filled = chunk;
      signal?.throwIfAborted();
    } catch (error) {
      if (signal?.aborted) await save?.(trainer);
      throw error;
    }
    const rows = await buffer.readBatch(batch);
    learning?.();
    await report?.(await trainer.learn(rows));
    const last = trainer.step >= chunks.steps;
    if (look && (last || trainer.step % lookEvery === 0)) await look(trainer);
    if (save && (last || trainer.step % saveEvery === 0)) await save(trainer);
  }
}

/** Harvests one chunk. What it holds depends on the seed and its number alone. */
async function fill(
  { plan, settings }: DictionaryTrainer,
  chunk: number,
  batches: number,
  { model, sequences, limits, chunks, buffer, harvesting, signal, filling, leftOut }: TrainDictionaryOptions,
): Promise<void> {
  const size = batches * (chunks.rows / chunks.pieces);
  const rows = harvest(model, plan, sequences.part(chunk), {
    ...harvesting,
    limits,
    signal,
    ...(leftOut ? { leftOut } : {}),
  });
  let piece = 0;
  filling?.(0, chunks.pieces);
  for await (const one of inPieces(rows, size, plan.dModel)) {
    const order = shuffledOrder(size, random(hash(`${settings.seed} ${chunk} ${piece}`)));
    await buffer.writePiece(piece, reordered(one, order, plan.dModel), batches);
    piece++;
    filling?.(piece, chunks.pieces);
    if (piece === chunks.pieces) break;
  }
}
