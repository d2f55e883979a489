/**
 * How activations are shuffled on their way through a buffer that is larger than memory. A chunk of them is harvested in
 * pieces; each piece is shuffled and dealt out evenly to all the chunk's batches. So every batch holds as many rows of
 * every piece, at random, and pieces are written and batches read in long stretches.
 */
import type { Plan } from "./plan.ts";

export interface Chunks {
  /** Rows of a batch. */
  readonly rows: number;
  /** Pieces of a chunk. */
  readonly pieces: number;
  /** Batches of a full chunk. */
  readonly batches: number;
  /** Steps of the whole run: the last chunk ends with it. */
  readonly steps: number;
}

/** Most bytes of a chunk, and most tokens: beyond a quarter of a million, more mixing is not seen in the loss. */
const [mostBytes, mostTokens] = [2 ** 31, 2 ** 18];

export function chunksFor(plan: Pick<Plan, "layers" | "dModel">, rows: number, steps: number): Chunks {
  const perToken = plan.layers.length * plan.dModel * 2 * 4;
  const tokens = Math.min(mostTokens, mostBytes / perToken);
  let pieces = 16;
  while (rows % pieces !== 0) pieces /= 2;
  return { rows, pieces, batches: Math.max(1, Math.min(steps, Math.floor(tokens / rows))), steps };
}

/** Which chunk a step (from 0) is in, its place there, and how many batches the chunk has. */
export function placeOf({ batches, steps }: Chunks, step: number): { chunk: number; batch: number; batches: number } {
  const chunk = Math.floor(step / batches);
  return { chunk, batch: step % batches, batches: Math.min(batches, steps - chunk * batches) };
}
