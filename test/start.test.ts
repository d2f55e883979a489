/** A checkout starts itself: nobody builds by hand, also when several start at once, or the sources are broken. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const builds = join(root, "node_modules/.cache/lucida/builds");
let copy = "";
let before: string[] = [];

/** A copy of the checkout whose files are new, so that no build fits it. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "lucida-start-"));
  for (const name of ["bin", "scripts", "src", "package.json"]) {
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: path => !path.includes(".test."),
    });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  before = list();
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function list(): string[] {
  try {
    return readdirSync(builds).filter(name => !name.includes("."));
  } catch {
    return [];
  }
}

function start(): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(copy, "bin/lucida.js"), "--version"]);
    const ended = { code: null as number | null, out: "", err: "" };
    child.stdout.on("data", data => (ended.out += data));
    child.stderr.on("data", data => (ended.err += data));
    child.on("error", failed);
    child.on("close", code => done({ ...ended, code }));
  });
}

test("three that start at once all start, and leave one build", async () => {
  const ends = await Promise.all([start(), start(), start()]);
  for (const end of ends)
    expect(end).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
  expect(readdirSync(builds).filter(name => name.endsWith(".part"))).toEqual([]);
  expect(list().length).toBeGreaterThan(before.length);
});

test("sources that don't compile are said without a stack through the builder", async () => {
  writeFileSync(join(copy, "src/cli/verbs.ts"), "export const verbs = [;");
  const end = await start();
  expect(end.code).toBe(1);
  expect(end.err).toMatch(/src\/cli\/verbs\.ts:1:22[\s\S]*lucida could not be built from src\/\n$/);
  expect(end.err).not.toMatch(/^\s+at .*esbuild/m);
});
