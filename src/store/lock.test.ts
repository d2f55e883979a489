import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "./lock.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lucida-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("two never work at once, and the lock goes away, also after a failure", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise(done => setTimeout(done, 30));
    inside--;
    throw new Error("failed");
  };
  const path = join(folder, "lock");
  const ends = await Promise.allSettled([withLock(path, work), withLock(path, work), withLock(path, work)]);
  expect(ends.map(end => end.status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("a lock of another machine is respected while it is touched, and taken over when it is not", async () => {
  const path = join(folder, "lock");
  await writeFile(path, `${process.pid} elsewhere`);
  const stop = new AbortController();
  let waited = 0;
  const waiting = () => {
    waited++;
    stop.abort();
  };
  await expect(withLock(path, async () => "in", { signal: stop.signal, waiting })).rejects.toThrow(/abort/);
  expect(waited).toBe(1);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path, longAgo, longAgo);
  expect(await withLock(path, async () => "in")).toBe("in");
});
