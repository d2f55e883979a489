/** A queue in this process. Nothing of it outlives the process: what is done is in the grid's folder. */
import type { RunResult } from "../../studies/grid/result.ts";
import type { Shard } from "../../studies/grid/shard.ts";
import { attempts, type Lease, type Outcome, type ShardQueue } from "./queue.ts";

interface Entry {
  readonly shard: Shard;
  state: "waiting" | "leased" | "done" | "set aside";
  /** Times it was taken. */
  taken: number;
  lease?: Lease;
  until: number;
  results?: readonly RunResult[];
  why?: string;
}

export class MemoryQueue implements ShardQueue {
  readonly leaseMs: number;
  private readonly entries = new Map<string, Entry>();
  private readonly waiting: Entry[] = [];

  constructor({ leaseMs = 60_000 }: { leaseMs?: number } = {}) {
    this.leaseMs = leaseMs;
  }

  async add(shards: readonly Shard[]): Promise<void> {
    for (const shard of shards) {
      const had = this.entries.get(shard.hash);
      if (had && had.state !== "set aside") continue;
      const entry: Entry = { shard, state: "waiting", taken: 0, until: 0 };
      this.entries.set(shard.hash, entry);
      this.waiting.push(entry);
    }
  }

  async take(): Promise<Lease | undefined> {
    const now = Date.now();
    for (const entry of this.entries.values()) {
      if (entry.state === "leased" && entry.until < now) this.back(entry, "the worker fell silent");
    }
    const entry = this.waiting.shift();
    if (!entry) return undefined;
    entry.state = "leased";
    entry.taken++;
    entry.until = now + this.leaseMs;
    entry.lease = { shard: entry.shard, attempt: entry.taken };
    return entry.lease;
  }

  async renew(lease: Lease): Promise<boolean> {
    const entry = this.held(lease);
    if (entry) entry.until = Date.now() + this.leaseMs;
    return entry !== undefined;
  }

  async complete(lease: Lease, results: readonly RunResult[]): Promise<boolean> {
    const entry = this.held(lease);
    if (!entry) return false;
    entry.state = "done";
    entry.results = results;
    return true;
  }

  async fail(lease: Lease, why: string): Promise<void> {
    const entry = this.held(lease);
    if (entry) this.back(entry, why);
  }

  async release(lease: Lease): Promise<void> {
    const entry = this.held(lease);
    if (!entry) return;
    entry.taken--;
    entry.state = "waiting";
    this.waiting.unshift(entry);
  }

  async outcomes(hashes: readonly string[]): Promise<Outcome[]> {
    return hashes.flatMap((hash): Outcome[] => {
      const entry = this.entries.get(hash);
      if (entry?.state === "done") return [{ hash, results: entry.results! }];
      if (entry?.state === "set aside") return [{ hash, setAside: entry.why! }];
      return [];
    });
  }

  /** What is done stays known as done. */
  async forget(hashes: readonly string[]): Promise<void> {
    for (const hash of hashes) {
      const entry = this.entries.get(hash);
      if (entry?.results) entry.results = [];
    }
  }

  async close(): Promise<void> {}

  private held(lease: Lease): Entry | undefined {
    const entry = this.entries.get(lease.shard.hash);
    return entry?.state === "leased" && entry.lease === lease ? entry : undefined;
  }

  private back(entry: Entry, why: string): void {
    entry.why = why;
    entry.state = entry.taken < attempts ? "waiting" : "set aside";
    if (entry.state === "waiting") this.waiting.push(entry);
  }
}
