/**
 * A worker: takes shards from a queue, has them done, and reports, for as long as there are some (or until it is told to
 * stop). While a shard is under way it shows the queue that it lives.
 */
import { sentence } from "../../core/problem.ts";
import type { Shard } from "../../studies/grid/shard.ts";
import type { Executor } from "./executor.ts";
import type { Lease, ShardQueue } from "./queue.ts";

export interface WorkOptions {
  readonly signal?: AbortSignal | undefined;
  /** Asked when nothing is waiting: is this worker to leave? Never, when left out. */
  readonly leave?: () => boolean;
  /** Milliseconds between looks at an empty queue. */
  readonly pollMs?: number;
  readonly progress?: ((shard: Shard, done: number, of: number) => void) | undefined;
  readonly finished?: (shard: Shard) => void;
  readonly failed?: (shard: Shard, attempt: number, why: string) => void;
}

/** Ends when `leave` says so. Rejects with the signal's reason when aborted; then the shard under way is given back. */
export async function work(queue: ShardQueue, executor: Executor, options: WorkOptions = {}): Promise<void> {
  const { signal, pollMs = 500 } = options;
  for (;;) {
    signal?.throwIfAborted();
    const lease = await queue.take();
    if (lease) await one(queue, executor, lease, options);
    else if (options.leave?.()) return;
    else await pause(pollMs * (0.75 + Math.random() / 2), signal);
  }
}

async function one(queue: ShardQueue, executor: Executor, lease: Lease, options: WorkOptions): Promise<void> {
  const { signal } = options;
  const { shard } = lease;
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal!.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  let lost = false;
  const alive = setInterval(() => {
    queue.renew(lease).then(
      held => {
        if (held) return;
        lost = true;
        stop.abort();
      },
      // The database is away for longer than we wait: what was done is then reported, or not, as it comes.
      () => {},
    );
  }, queue.leaseMs / 3);
  try {
    const progress = options.progress && ((done: number, of: number) => options.progress!(shard, done, of));
    const results = await executor.run(shard, { signal: stop.signal, progress });
    if (await queue.complete(lease, results)) options.finished?.(shard);
  } catch (error) {
    if (signal?.aborted) {
      await queue.release(lease).catch(() => {});
      throw signal.reason;
    }
    if (lost) return;
    const why = sentence(error);
    options.failed?.(shard, lease.attempt, why);
    await queue.fail(lease, why);
  } finally {
    clearInterval(alive);
    signal?.removeEventListener("abort", onAbort);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise(done => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
