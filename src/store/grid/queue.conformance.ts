/** What every queue of shards must do. Each implementation's test runs this with a way to open it. */
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../studies/grid/result.ts";
import { type Shard, shardsOf } from "../../studies/grid/shard.ts";
import type { ShardQueue } from "./queue.ts";

export interface Subject {
  readonly name: string;
  /** A queue that is empty; the same `store` again means the same queue seen by another worker. */
  open(store: string, leaseMs: number): Promise<ShardQueue>;
  /** Can two be open on one store? */
  readonly shared: boolean;
  /** A lease short enough to wait for, long enough for this queue's own delays on a busy machine. */
  readonly leaseMs: number;
}

let stores = 0;
const model = { name: "m", identity: "0123456789abcdef" };

const some = (n: number, text = "run"): Promise<Shard[]> =>
  shardsOf(
    model,
    Array.from({ length: n }, (_, i) => ({
      id: `r${i}`,
      kind: "predict" as const,
      prompt: `${text} ${i} \u0000 \ud800`,
    })),
    { size: 1 },
  );

const resultsOf = (shard: Shard): RunResult[] =>
  shard.runs.map(run => ({
    id: run.id,
    kind: run.kind,
    prompt: String(run.prompt),
    text: "\u0000 ⏎ \ud800",
    tokens: 3,
  }));

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));

export function conformance(subject: Subject): void {
  const { leaseMs } = subject;
  const opened = async (leaseMs = 60_000): Promise<[ShardQueue, () => Promise<ShardQueue>]> => {
    const store = `store${++stores}`;
    return [await subject.open(store, leaseMs), () => subject.open(store, leaseMs)];
  };

  describe(subject.name, () => {
    test("gives each shard to one taker, whole", async () => {
      const [queue] = await opened();
      const shards = await some(5);
      await queue.add(shards);
      const taken = await Promise.all(shards.map(() => queue.take()));
      expect(taken.map(lease => lease!.shard.hash).sort()).toEqual(shards.map(s => s.hash).sort());
      expect(taken.find(lease => lease!.shard.hash === shards[2]!.hash)!.shard).toEqual(shards[2]);
      expect(await queue.take()).toBeUndefined();
      await queue.close();
    });

    test("keeps one of what is added twice, also when it is under way or done", async () => {
      const [queue] = await opened();
      const shards = await some(2);
      await queue.add([...shards, ...shards]);
      const first = (await queue.take())!;
      await queue.complete(first, resultsOf(first.shard));
      const second = (await queue.take())!;
      await queue.add(shards);
      expect(await queue.take()).toBeUndefined();
      expect(await queue.complete(second, resultsOf(second.shard))).toBe(true);
      const outcomes = await queue.outcomes(shards.map(s => s.hash));
      expect(outcomes).toHaveLength(2);
      expect(outcomes).toContainEqual({ hash: first.shard.hash, results: resultsOf(first.shard) });
      await queue.close();
    });

    test("says nothing of shards that are waiting, and knows none that were never added", async () => {
      const [queue] = await opened();
      const shards = await some(2);
      await queue.add(shards.slice(0, 1));
      expect(await queue.outcomes(shards.map(s => s.hash))).toEqual([]);
      await queue.close();
    });

    test("tries a shard three times, then sets it aside with the last reason, and the rest goes on", async () => {
      const [queue] = await opened();
      const [bad, good] = (await some(2)) as [Shard, Shard];
      await queue.add([bad]);
      for (let attempt = 1; attempt <= 3; attempt++) {
        const lease = (await queue.take())!;
        expect(lease.attempt).toBe(attempt);
        await queue.fail(lease, `reason ${attempt}`);
      }
      await queue.add([good]);
      expect((await queue.take())!.shard.hash).toBe(good.hash);
      expect(await queue.take()).toBeUndefined();
      expect(await queue.outcomes([bad.hash, good.hash])).toEqual([{ hash: bad.hash, setAside: "reason 3" }]);
      // Asked for again, it is tried anew.
      await queue.add([bad]);
      expect(await queue.take()).toMatchObject({ attempt: 1, shard: { hash: bad.hash } });
      await queue.close();
    });

    test("a worker that was asked to stop gives its shard back, and that is no attempt", async () => {
      const [queue] = await opened();
      await queue.add(await some(1));
      await queue.fail((await queue.take())!, "once");
      for (let i = 0; i < 4; i++) {
        const lease = (await queue.take())!;
        expect(lease.attempt).toBe(2);
        await queue.release(lease);
      }
      await queue.close();
    });

    test("a worker that falls silent loses its shard, and what it says afterwards changes nothing", async () => {
      const [queue] = await opened(leaseMs);
      const [shard] = (await some(1)) as [Shard];
      await queue.add([shard]);
      const lost = (await queue.take())!;
      await pause(leaseMs * 1.3);
      const lease = (await queue.take())!;
      expect(lease).toMatchObject({ attempt: 2, shard: { hash: shard.hash } });
      expect(await queue.renew(lost)).toBe(false);
      expect(await queue.complete(lost, [])).toBe(false);
      await queue.fail(lost, "late");
      await queue.release(lost);
      expect(await queue.renew(lease)).toBe(true);
      expect(await queue.complete(lease, resultsOf(shard))).toBe(true);
      expect(await queue.outcomes([shard.hash])).toEqual([{ hash: shard.hash, results: resultsOf(shard) }]);
      await queue.close();
    });

    test("a worker that shows that it lives keeps its shard", async () => {
      const [queue] = await opened(leaseMs);
      await queue.add(await some(1));
      const lease = (await queue.take())!;
      for (let i = 0; i < 4; i++) {
        await pause(leaseMs * 0.45);
        expect(await queue.renew(lease)).toBe(true);
        expect(await queue.take()).toBeUndefined();
      }
      await queue.close();
    });

    test("a shard whose worker falls silent three times is set aside", async () => {
      const [queue] = await opened(leaseMs);
      const [shard] = (await some(1)) as [Shard];
      await queue.add([shard]);
      for (let i = 0; i < 3; i++) {
        expect(await queue.take()).toMatchObject({ attempt: i + 1 });
        await pause(leaseMs * 1.3);
      }
      expect(await queue.take()).toBeUndefined();
      expect(await queue.outcomes([shard.hash])).toEqual([{ hash: shard.hash, setAside: "the worker fell silent" }]);
      await queue.close();
    });

    if (!subject.shared) return;
    test("workers that race get different shards, and see each other's results", async () => {
      const [queue, again] = await opened();
      const others = [queue, await again(), await again()];
      const shards = await some(30, "race");
      await Promise.all(others.map(other => other.add(shards)));
      const hashes = await Promise.all(
        others.map(async other => {
          const mine: string[] = [];
          for (let lease = await other.take(); lease; lease = await other.take()) {
            mine.push(lease.shard.hash);
            await other.complete(lease, resultsOf(lease.shard));
          }
          return mine;
        }),
      );
      expect(hashes.flat().sort()).toEqual(shards.map(s => s.hash).sort());
      const seen = new Set<string>();
      for (let tries = 0; seen.size < 30 && tries < 30; tries++) {
        const left = shards.map(s => s.hash).filter(hash => !seen.has(hash));
        for (const outcome of await others[1]!.outcomes(left)) seen.add(outcome.hash);
      }
      expect(seen.size).toBe(30);
      for (const other of others) await other.close();
    });
  });
}
