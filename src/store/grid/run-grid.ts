/**
 * Many runs, done: by processes on all cores, or by workers anywhere that share a queue. What is in the folder already
 * is not done again, so a grid that was stopped goes on where it was.
 *
 * 1. shards: the runs in pieces, each named by a hash of all that its results depend on.
 * 2. queue: those that the folder lacks.
 * 3. work: processes here take shards and do them (none, where others work on the queue).
 * 4. collect: what is done goes into the folder, what failed three times is set aside.
 */

import { availableParallelism, freemem } from "node:os";
import { Problem } from "../../core/problem.ts";
import type { RunResult } from "../../studies/grid/result.ts";
import type { Run, Shared } from "../../studies/grid/run.ts";
import { type ModelRef, type Shard, shardsOf } from "../../studies/grid/shard.ts";
import type { FoundModel } from "../models.ts";
import { type Executor, hereExecutor } from "./executor.ts";
import { GridFolder } from "./grid-folder.ts";
import { MemoryQueue } from "./memory-queue.ts";
import { modelBytes, modelIdentity } from "./model-identity.ts";
import type { ShardQueue } from "./queue.ts";
import { processEntry, ShardProcess } from "./shard-process.ts";
import { work } from "./work.ts";

export interface RunGridOptions {
  readonly found: FoundModel;
  readonly runs: readonly Run[];
  readonly shared?: Shared | undefined;
  /** Where results are kept, and looked for. Kept in memory only when left out. */
  readonly folder?: string | undefined;
  /** Version of Lucida, and what was asked: for grid.json. */
  readonly about?: { readonly lucida: string; readonly asked?: unknown };
  /** Opens the queue that workers elsewhere share; one in this process when left out. */
  readonly queue?: ((model: ModelRef) => Promise<ShardQueue>) | undefined;
  /** Processes here. All cores when left out, and none with a queue. */
  readonly workers?: number | undefined;
  readonly shardSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Runs done so far, of all. */
  readonly progress?: ((done: number, of: number) => void) | undefined;
  readonly note?: ((text: string) => void) | undefined;
  /** For tests. */
  readonly executor?: (() => Executor) | undefined;
}

export interface SetAside {
  readonly hash: string;
  readonly why: string;
  readonly runs: readonly Run[];
}

export interface GridOutcome {
  readonly model: ModelRef;
  readonly shards: readonly Shard[];
  /** Shards whose results were in the folder. */
  readonly found: number;
  /** What could not be done, three times. */
  readonly setAside: readonly SetAside[];
  /** Results in the order of the runs, shard by shard; runs that were set aside are left out. */
  results(): AsyncGenerator<RunResult>;
}

export async function runGrid(options: RunGridOptions): Promise<GridOutcome> {
  const { found, runs, signal } = options;
  const model: ModelRef = { name: found.name, identity: await modelIdentity(found, signal) };
  const shards = await shardsOf(model, runs, { shared: options.shared, size: options.shardSize });
  const folder = options.folder === undefined ? undefined : await GridFolder.open(options.folder);
  await folder?.about({
    model,
    lucida: options.about?.lucida ?? "",
    runs: runs.length,
    shards: shards.map(s => s.hash),
    ...(options.about?.asked === undefined ? {} : { asked: options.about.asked }),
  });
  const there = new Set<string>();
  const names = await folder?.done();
  for (const { hash } of shards) if (names?.has(hash) && (await folder!.load(hash))) there.add(hash);
  const missing = shards.filter(s => !there.has(s.hash));
  const collected = new Collected(shards, missing, folder, options);
  if (missing.length > 0) await gather(options, model, missing, collected);
  return {
    model,
    shards,
    found: shards.length - missing.length,
    setAside: [...collected.setAside.values()],
    results: () => collected.results(),
  };
}

/** All cores as a `RunAll`, for studies. With a folder, what was done before is found there. */
export const runOnAllCores =
  (options: Omit<RunGridOptions, "runs" | "shared" | "signal" | "progress">) =>
  async (
    runs: readonly Run[],
    shared?: Shared,
    how: Pick<RunGridOptions, "signal" | "progress"> = {},
  ): Promise<RunResult[]> => {
    const outcome = await runGrid({ ...options, ...how, runs, shared });
    const [failed] = outcome.setAside;
    if (failed) {
      throw new Problem(`${outcome.setAside.length} of ${outcome.shards.length} pieces of work failed three times`, {
        where: failed.why,
        advice: "again; what is done is kept",
      });
    }
    const byId = new Map<string, RunResult>();
    for await (const result of outcome.results()) byId.set(result.id, result);
    return runs.map(run => byId.get(run.id)!);
  };

/** Results as they come in: into the folder, or kept here. */
class Collected {
  readonly setAside = new Map<string, SetAside>();
  readonly outstanding: Map<string, Shard>;
  private readonly kept = new Map<string, readonly RunResult[]>();
  private readonly shards: readonly Shard[];
  private readonly folder: GridFolder | undefined;
  private readonly under = new Map<string, number>();
  private readonly options: RunGridOptions;
  private done: number;

  constructor(
    shards: readonly Shard[],
    missing: readonly Shard[],
    folder: GridFolder | undefined,
    options: RunGridOptions,
  ) {
    this.shards = shards;
    this.folder = folder;
    this.options = options;
    this.outstanding = new Map(missing.map(s => [s.hash, s]));
    this.done = options.runs.length - missing.reduce((n, s) => n + s.runs.length, 0);
    this.tell();
  }

  /** How far a shard under way here is. */
  underWay(shard: Shard, runs: number): void {
    this.under.set(shard.hash, runs);
    this.tell();
  }

  async put(hash: string, results: readonly RunResult[]): Promise<void> {
    const shard = this.outstanding.get(hash)!;
    if (this.folder) await this.folder.save(shard, results);
    else this.kept.set(hash, results);
    this.settle(shard);
  }

  async aside(hash: string, why: string): Promise<void> {
    const shard = this.outstanding.get(hash)!;
    await this.folder?.setAside(shard, why);
    this.setAside.set(hash, { hash, why, runs: shard.runs });
    this.options.note?.(
      `a shard of ${shard.runs.length} runs was set aside after three attempts: ${why.split("\n")[0]}`,
    );
    this.settle(shard);
  }

  async *results(): AsyncGenerator<RunResult> {
    for (const { hash } of this.shards) {
      yield* this.kept.get(hash) ?? (await this.folder?.load(hash)) ?? [];
    }
  }

  private settle(shard: Shard): void {
    this.outstanding.delete(shard.hash);
    this.under.delete(shard.hash);
    this.done += shard.runs.length;
    this.tell();
  }

  private tell(): void {
    let under = 0;
    for (const [hash, runs] of this.under) if (this.outstanding.has(hash)) under += runs;
    this.options.progress?.(this.done + under, this.options.runs.length);
  }
}

/** Queue, workers and collector, until nothing is outstanding. */
async function gather(
  options: RunGridOptions,
  model: ModelRef,
  missing: readonly Shard[],
  collected: Collected,
): Promise<void> {
  const queue = (await options.queue?.(model)) ?? new MemoryQueue();
  const workers = options.workers ?? (options.queue ? 0 : await workersHere(options.found));
  const executors = options.executor
    ? Array.from({ length: workers }, options.executor)
    : executorsHere(options.found, Math.min(workers, missing.length));
  const stop = new AbortController();
  const onAbort = () => stop.abort(options.signal!.reason);
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    options.signal?.throwIfAborted();
    await queue.add(missing);
    const pollMs = options.queue ? 500 : 20;
    const working = executors.map(executor =>
      work(queue, executor, {
        signal: stop.signal,
        pollMs,
        leave: () => collected.outstanding.size === 0,
        progress: (shard, done) => collected.underWay(shard, done),
      }),
    );
    const collecting = collect(queue, collected, pollMs, stop.signal);
    // Whichever fails first stops the others; all are waited for, so that nothing is written after we are done.
    const all = [collecting, ...working];
    for (const one of all) one.catch(error => stop.abort(error));
    const ended = await Promise.allSettled(all);
    if (stop.signal.aborted) throw stop.signal.reason;
    const failed = ended.find(one => one.status === "rejected");
    if (failed) throw failed.reason;
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
    await Promise.all(executors.map(executor => executor.close()));
    await queue.close();
  }
}

async function collect(queue: ShardQueue, collected: Collected, pollMs: number, signal: AbortSignal): Promise<void> {
  while (collected.outstanding.size > 0) {
    signal.throwIfAborted();
    const outcomes = await queue.outcomes([...collected.outstanding.keys()]);
    for (const outcome of outcomes) {
      if ("results" in outcome) await collected.put(outcome.hash, outcome.results);
      else await collected.aside(outcome.hash, outcome.setAside);
    }
    await queue.forget(outcomes.map(o => o.hash));
    if (outcomes.length === 0) await new Promise(done => setTimeout(done, pollMs));
  }
}

/** `n` processes; one that works here where sources run as they are, since there is no entry to start. */
export function executorsHere(found: FoundModel, n: number): Executor[] {
  const entry = processEntry();
  return Array.from({ length: entry ? n : Math.min(1, n) }, () =>
    entry ? new ShardProcess(found, entry) : hereExecutor(found, { threads: 1 }),
  );
}

/** As many as there are cores, unless their copies of the weights would not fit into memory. */
async function workersHere(found: FoundModel): Promise<number> {
  if (!processEntry()) return 1;
  // Half-precision weights double as float32, and packing takes as much again and a half.
  const each = 200e6 + 5 * (await modelBytes(found));
  return Math.max(1, Math.min(availableParallelism(), Math.floor((0.8 * freemem()) / each)));
}
