import { execFileSync } from "node:child_process";
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Problem, sentence } from "../core/problem.ts";
import { systemProblem } from "./system-problem.ts";
import { writeBeside } from "./write-beside.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lucida-write-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("a file is replaced whole, and nothing is left beside it", async () => {
  const path = join(folder, "a.json");
  await writeBeside(path, "first");
  await writeBeside(path, [new Uint8Array([115, 101]), "cond"]);
  expect(await readFile(path, "utf8")).toBe("second");
  expect(await readdir(folder)).toEqual(["a.json"]);
});

test("when the writer fails half-way, the old file stays and the half-written one goes", async () => {
  const path = join(folder, "a.json");
  await writeFile(path, "old");
  async function* data() {
    yield "half";
    throw new Error("out of ideas");
  }
  await expect(writeBeside(path, data())).rejects.toThrow("out of ideas");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["a.json"]);
});

test("an abort half-way leaves nothing", async () => {
  const stop = new AbortController();
  async function* data() {
    yield "half";
    stop.abort();
    yield "more";
  }
  await expect(writeBeside(join(folder, "a"), data(), { signal: stop.signal })).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
});

test("a link is written through, not replaced", async () => {
  await writeFile(join(folder, "real"), "old");
  await symlink("real", join(folder, "link"));
  await writeBeside(join(folder, "link"), "new");
  expect((await lstat(join(folder, "link"))).isSymbolicLink()).toBe(true);
  expect(await readFile(join(folder, "real"), "utf8")).toBe("new");
});

test("a missing folder, a folder as the file, and a file as the folder are said in words", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(writeBeside(join(folder, "no", "a"), "")).rejects.toThrow("the folder for this file does not exist");
  await expect(writeBeside(folder, "")).rejects.toThrow("this is a folder, not a file");
  await expect(writeBeside(join(folder, "file", "a"), "")).rejects.toThrow("a part of this path is a file");
  for (const path of [join(folder, "no", "a"), folder]) {
    await expect(writeBeside(path, "")).rejects.toBeInstanceOf(Problem);
  }
});

test("a full disk is called a full disk", () => {
  const error = systemProblem(Object.assign(new Error("x"), { code: "ENOSPC" }), "/a/b", "write");
  expect(sentence(error)).toMatch(/^the disk is full\n {2}at \/a\/b\n {2}try freeing some space/);
});

test.skipIf(process.platform === "win32")("a pipe is written into, never replaced by a file", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const [read] = await Promise.all([readFile(pipe, "utf8"), writeBeside(pipe, "through")]);
  expect(read).toBe("through");
  expect((await lstat(pipe)).isFIFO()).toBe(true);
});
