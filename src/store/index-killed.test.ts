/** An index whose process is killed (SIGKILL: nothing is tidied up) and begun again is the index of one that never was. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyFolder } from "../../test/tiny-folder.ts";

const root = resolve(import.meta.dirname, "../..");
const script = join(root, "node_modules/.cache", `index-process-${process.pid}.mjs`);
let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "lucida-killed-"));
  tinyFolder(join(home, "model"), { layers: 2 });
  buildSync({
    entryPoints: [join(root, "test/index-process.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outfile: script,
  });
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
  rmSync(script, { force: true });
});

/** Runs it until a line is said that `dies` matches; what it said, and how it ended. */
function build(name: string, dies?: RegExp): Promise<{ said: string; end: number | string | null }> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [script, join(home, name), join(home, "model"), dies?.source ?? ""]);
    let said = "";
    child.stdout.on("data", data => (said += data));
    let wrong = "";
    child.stderr.on("data", data => (wrong += data));
    child.on("error", failed);
    child.on("close", (code, signal) => {
      if (code) failed(new Error(wrong));
      else done({ said, end: code ?? signal });
    });
  });
}

/** All that lies in the folder. When it was made, and in how many seconds, is left out. */
function contents(name: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(join(home, name)).map(file => {
      const bytes = readFileSync(join(home, name, file));
      if (file !== "index.json") return [file, bytes.toString("base64")];
      const { created: _created, seconds: _seconds, ...manifest } = JSON.parse(bytes.toString());
      return [file, JSON.stringify(manifest)];
    }),
  );
}

test("killed while it reads the corpus, twice while the model reads, and while records are written", async () => {
  expect((await build("whole")).end).toBe(0);
  for (const dies of [
    /^windows /m,
    /^pass (?!0$)\d+$/m,
    /^pass (?!0$)\d+\n[\s\S]*^pass \d+$/m,
    /^records (?!0$)\d+$/m,
  ]) {
    expect((await build("cut", dies)).end).toBe("SIGKILL");
    expect(readdirSync(join(home, "cut"))).not.toContain("index.json");
  }
  const last = await build("cut");
  expect(last.end).toBe(0);
  // The pass was over when it was killed for the last time, and is not run again.
  expect(last.said).not.toMatch(/^pass/m);
  expect(contents("cut")).toEqual(contents("whole"));
}, 600_000);
