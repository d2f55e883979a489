/**
 * A queue of shards: what a coordinator fills and workers empty, in one process or over a database. One suite,
 * `queue.conformance.ts`, is the definition; each implementation runs it.
 *
 * A shard taken is leased: a worker that falls silent loses it, and another gets it. A shard that has failed three
 * times is set aside with its reason, and the rest goes on. Doing a shard twice does no harm: results are the same.
 */
import type { RunResult } from "../../studies/grid/result.ts";
import type { Shard } from "../../studies/grid/shard.ts";

/** How often a shard is tried. */
export const attempts = 3;

export interface Lease {
  readonly shard: Shard;
  /** 1 for the first time. */
  readonly attempt: number;
}

export type Outcome =
  | { readonly hash: string; readonly results: readonly RunResult[] }
  | { readonly hash: string; readonly setAside: string };

export interface ShardQueue {
  /** Milliseconds for which a worker may be silent. */
  readonly leaseMs: number;
  /** Adds shards. One that is known is left as it is, unless it had been set aside: then it is tried anew. */
  add(shards: readonly Shard[]): Promise<void>;
  /** The next shard, leased to the caller; undefined when none is waiting just now. */
  take(): Promise<Lease | undefined>;
  /** The worker is still at it. False when the lease was lost: somebody else has the shard, or it is done. */
  renew(lease: Lease): Promise<boolean>;
  /** Done. False when it was no longer the caller's: then nothing is changed. */
  complete(lease: Lease, results: readonly RunResult[]): Promise<boolean>;
  /** It went wrong: back into the queue, or set aside when that was the third time. */
  fail(lease: Lease, why: string): Promise<void>;
  /** Back into the queue, untouched: the worker was asked to stop. That is no attempt. */
  release(lease: Lease): Promise<void>;
  /** What has come of these shards so far: those that are done or set aside, perhaps only some of them at a time. */
  outcomes(hashes: readonly string[]): Promise<Outcome[]>;
  /** The caller has kept these outcomes elsewhere: a queue that holds them in memory may let them go. */
  forget(hashes: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
