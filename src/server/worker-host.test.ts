/** A worker that dies takes its own call with it, and nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Problem } from "../core/problem.ts";
import { WorkerHost } from "./worker-host.ts";

const folder = mkdtempSync(join(tmpdir(), "lucida-worker-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entry = join(folder, "worker.mjs");
writeFileSync(
  entry,
  `const running = new Set();
   process.on("disconnect", () => process.exit());
   process.on("message", m => {
     if ("cancel" in m) return running.delete(m.cancel) && process.send({ call: m.cancel, error: { what: "cancelled", cancelled: true } });
     if (m.method === "trace") process.exit(7);
     if (m.method === "verify") process.kill(process.pid, "SIGSEGV");
     if (m.method === "watch") return running.add(m.call);
     process.send({ call: m.call, stage: "reading", done: 1, total: 2 });
     process.send({ call: m.call, result: { tokens: [], context: 1 } });
   });`,
);

test.each(["trace", "verify"] as const)(
  "after a crash in %s the next call is answered by a new worker",
  async method => {
    const host = new WorkerHost(entry);
    const failed = host.call(method, "m", {} as never);
    await expect(failed).rejects.toBeInstanceOf(Problem);
    await expect(failed).rejects.toThrow(/the worker that runs the model stopped/);
    expect(host.crashes).toBe(1);
    const stages: string[] = [];
    const answer = await host.call("tokens", "m", { prompt: "x" }, { progress: stage => stages.push(stage) });
    expect(answer).toEqual({ tokens: [], context: 1 });
    expect(stages).toEqual(["reading"]);
    await host.stop();
  },
);

test("an aborted call is cancelled in the worker", async () => {
  const host = new WorkerHost(entry);
  const stop = new AbortController();
  const call = host.call("watch", "m", {} as never, { signal: stop.signal });
  setTimeout(() => stop.abort(), 20);
  await expect(call).rejects.toMatchObject({ name: "AbortError" });
  await host.stop();
});
