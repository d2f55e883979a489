/** Grids that are stopped, that fail and that run out of disk: nothing is lost, doubled or half-written. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { Problem } from "../../core/problem.ts";
import { runHere } from "../../studies/grid/execute.ts";
import { expand } from "../../studies/grid/grid.ts";
import type { RunResult } from "../../studies/grid/result.ts";
import type { FoundModel } from "../models.ts";
import { openModel } from "../open-model.ts";
import * as beside from "../write-beside.ts";
import type { Executor } from "./executor.ts";
import { modelIdentity } from "./model-identity.ts";
import { type RunGridOptions, runGrid, runOnAllCores } from "./run-grid.ts";

const root = mkdtempSync(join(tmpdir(), "lucida-grid-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const specimen = resolve(import.meta.dirname, "../../../specimen");
const found: FoundModel = { kind: "folder", path: specimen, name: "specimen", source: "specimen" };
const runs = expand({
  kind: "predict",
  template: "Number {n} is",
  lists: { n: Array.from({ length: 40 }, (_, i) => `${i}`) },
});

/** Does not run a model: says what it was asked, and whatever `before` does first. */
const pretend = (before: (shard: number) => unknown = () => {}): (() => Executor) => {
  let shard = 0;
  return () => ({
    async run({ runs }, { signal }) {
      await before(shard++);
      signal?.throwIfAborted();
      return runs.map((run): RunResult => ({ id: run.id, kind: run.kind, prompt: `${run.prompt}`, tokens: 3 }));
    },
    close: async () => {},
  });
};

const options = (folder: string, more: Partial<RunGridOptions> = {}): RunGridOptions => ({
  found,
  runs,
  folder: join(root, folder),
  shardSize: 5,
  workers: 2,
  executor: pretend(),
  ...more,
});

/** Every file of a folder, by name. */
function content(folder: string): Record<string, string> {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter(f => f.isFile());
  return Object.fromEntries(files.map(f => [f.name, readFileSync(join(f.parentPath, f.name), "utf8")]).sort());
}

async function texts(outcome: Awaited<ReturnType<typeof runGrid>>): Promise<string[]> {
  const all: string[] = [];
  for await (const result of outcome.results()) all.push(result.prompt);
  return all;
}

test("a grid that was stopped goes on where it was, and ends with the same files", async () => {
  const whole = await runGrid(options("whole"));
  const stop = new AbortController();
  const executor = pretend(async shard => {
    // Time for what is done to be kept.
    await new Promise(done => setTimeout(done, 60));
    if (shard === 5) stop.abort(new DOMException("stopped", "AbortError"));
  });
  await expect(runGrid(options("stopped", { signal: stop.signal, executor }))).rejects.toThrow("stopped");
  const half = Object.keys(content("stopped")).filter(name => name.endsWith(".jsonl")).length;
  expect(half).toBeGreaterThan(0);
  expect(half).toBeLessThan(8);
  let done = 0;
  const resumed = await runGrid(options("stopped", { executor: pretend(() => done++) }));
  expect(resumed.found).toBe(half);
  expect(done).toBe(8 - half);
  expect(content("stopped")).toEqual(content("whole"));
  expect(await texts(resumed)).toEqual(runs.map(run => run.prompt));
  expect(await texts(whole)).toEqual(runs.map(run => run.prompt));
});

test("a shard's file that is no longer whole is made again", async () => {
  await runGrid(options("torn"));
  const before = content("torn");
  const [one, two] = readdirSync(join(root, "torn/shards"));
  writeFileSync(join(root, "torn/shards", one!), before[one!]!.slice(0, -40));
  writeFileSync(join(root, "torn/shards", two!), "");
  let done = 0;
  await runGrid(options("torn", { executor: pretend(() => done++) }));
  expect(done).toBe(2);
  expect(content("torn")).toEqual(before);
});

test("a shard that fails three times is set aside with its reason, and the rest is done", async () => {
  const executor = (): Executor => ({
    async run({ runs }) {
      if (runs[0]!.id === "r0.n10") throw new Error("the worker process ended (SIGKILL)");
      return runs.map(run => ({ id: run.id, kind: run.kind, prompt: `${run.prompt}` }));
    },
    close: async () => {},
  });
  const note = vi.fn();
  const outcome = await runGrid(options("aside", { executor, note }));
  expect(outcome.setAside).toHaveLength(1);
  expect(outcome.setAside[0]).toMatchObject({ why: "internal: the worker process ended (SIGKILL)" });
  expect(outcome.setAside[0]!.runs.map(r => r.id)).toEqual([10, 11, 12, 13, 14].map(n => `r0.n${n}`));
  expect(note).toHaveBeenCalledWith(expect.stringContaining("5 runs was set aside after three attempts"));
  expect(await texts(outcome)).toHaveLength(35);
  expect(readdirSync(join(root, "aside/set-aside"))).toHaveLength(1);
  // The next time it is tried anew, and when it works nothing is left aside.
  const again = await runGrid(options("aside"));
  expect(again.found).toBe(7);
  expect(await texts(again)).toHaveLength(40);
  expect(readdirSync(join(root, "aside/set-aside"))).toHaveLength(0);
});

test("a full disk is a sentence, and what was done before is whole and found again", async () => {
  const real = beside.writeBeside;
  let writes = 0;
  const spy = vi.spyOn(beside, "writeBeside").mockImplementation(async (path, data, how) => {
    if (++writes <= 4) return real(path, data, how);
    const { systemProblem } = await import("../system-problem.ts");
    throw systemProblem(Object.assign(new Error("write"), { code: "ENOSPC" }), path, "write");
  });
  const full = runGrid(options("full"));
  await expect(full).rejects.toBeInstanceOf(Problem);
  await expect(full).rejects.toThrow("the disk is full");
  spy.mockRestore();
  const outcome = await runGrid(options("full"));
  expect(outcome.found).toBe(3);
  expect(await texts(outcome)).toEqual(runs.map(run => run.prompt));
});

/** Only where a disk of our own can be mounted: as root, outside a locked-down container. */
const disk = join(root, "disk");
mkdirSync(disk);
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24k", "tmpfs", disk]).status === 0;
afterAll(() => mounted && spawnSync("umount", [disk]));
test.skipIf(!mounted)("on a disk that is really full, too (where tests may mount one)", async () => {
  const folder = "disk/grid";
  const full = runGrid(options(folder));
  await expect(full).rejects.toThrow("the disk is full");
  const left = Object.entries(content(folder));
  expect(left.map(([name]) => name).filter(name => name.includes(".part"))).toEqual([]);
  for (const [name, text] of left) if (name.endsWith(".jsonl")) expect(text.trimEnd().split("\n")).toHaveLength(6);
  spawnSync("mount", ["-o", "remount,size=4m", disk]);
  const outcome = await runGrid(options(folder));
  expect(outcome.found).toBe(left.filter(([name]) => name.endsWith(".jsonl")).length);
  expect(await texts(outcome)).toEqual(runs.map(run => run.prompt));
});

test("a model's identity is its content: not its name or place, and not a file that is no part of it", async () => {
  const copy = join(root, "elsewhere");
  cpSync(specimen, copy, { recursive: true });
  writeFileSync(join(copy, "README.md"), "another text");
  const first = await modelIdentity(found);
  expect(await modelIdentity({ ...found, path: copy, name: "x" })).toBe(first);
  const weights = readFileSync(join(copy, "model.safetensors"));
  weights[weights.length - 1]! ^= 1;
  writeFileSync(join(copy, "model.safetensors"), weights);
  expect(await modelIdentity({ ...found, path: copy })).not.toBe(first);
});

test("a real grid gives what the same runs give here", async () => {
  const few = runs.slice(0, 12);
  const all = await runOnAllCores({ found, shardSize: 12, workers: 1 })(few);
  const open = await openModel(found, { threads: 1 });
  expect(all).toEqual(await runHere(open)(few));
  await open.close();
});
