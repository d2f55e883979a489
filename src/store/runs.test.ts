/** Runs survive being killed at any moment: what is listed can be read. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examples } from "../charts/examples/index.ts";
import { Runs } from "./runs.ts";

const folder = mkdtempSync(join(tmpdir(), "lucida-runs-"));
const writer = join(folder, "writer.mjs");

beforeAll(async () => {
  await build({
    stdin: {
      contents: `
        import { Runs } from "./src/store/runs.ts";
        import { examples } from "./src/charts/examples/index.ts";
        const runs = new Runs(process.argv[2]);
        for (let i = 0; ; i++) {
          const { id } = await runs.save(examples.small);
          await runs.change(id, { title: "run " + i });
          if (i === 1) console.log("two");
        }`,
      resolveDir: resolve(import.meta.dirname, "../.."),
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: writer,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("killed while it saves, every listed run is whole", async () => {
  const place = join(folder, "killed");
  let listed = 0;
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [writer, place], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise(done => child.stdout.once("data", done));
    await new Promise(done => setTimeout(done, 3 + round * 4));
    child.kill("SIGKILL");
    await new Promise(done => child.once("close", done));
    const runs = new Runs(place);
    const all = await runs.list();
    expect(all.length).toBeGreaterThanOrEqual(listed + 2);
    listed = all.length;
    for (const run of all) expect((await runs.document(run.id))?.nodes.length).toBe(examples.small!.nodes.length);
  }
});

test("what a kill left is tidied away after an hour, and not before", async () => {
  const place = join(folder, "tidy");
  await new Runs(place).save(examples.small!);
  const [orphan, part] = [join(place, "2020-01-01-aa.trace.json"), join(place, ".x.json.1-1.part")];
  for (const path of [orphan, part]) writeFileSync(path, "{");
  await new Runs(place).list();
  expect(readdirSync(place).length).toBe(4);
  const old = new Date(Date.now() - 2 * 3600 * 1000);
  for (const path of [orphan, part]) utimesSync(path, old, old);
  await new Runs(place).list();
  expect(readdirSync(place).length).toBe(2);
});

test("a deleted run can come back within a week, and is gone after", async () => {
  const place = join(folder, "deleted");
  const runs = new Runs(place);
  const { id } = await runs.save(examples.small!);
  await runs.change(id, { deleted: true });
  expect(await new Runs(place).list()).toEqual([]);
  expect((await new Runs(place).change(id, { deleted: false }))?.deleted).toBe(false);
  await runs.change(id, { deleted: true });
  const old = new Date(Date.now() - 8 * 24 * 3600 * 1000);
  utimesSync(join(place, `${id}.run.json`), old, old);
  expect(await new Runs(place).list({ deleted: true })).toEqual([]);
  expect(readdirSync(place)).toEqual([]);
});
