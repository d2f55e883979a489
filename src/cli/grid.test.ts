/** Grids as a person asks for them: whole commands on the specimen. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterAll, expect, test } from "vitest";
import { command, commandJson } from "../../test/command.ts";
import { namedAnswers, seedList, settings } from "./grid.ts";

const folder = mkdtempSync(join(tmpdir(), "lucida-grids-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const prompts = join(folder, "cities.csv");
writeFileSync(prompts, "city,capital\nDallas,Austin\nFresno,Sacramento\n");
const template = "Fact: the capital of the state containing {city} is";

test("values, interventions, answers and seeds are told apart by their spelling", () => {
  expect(settings(["city=Dallas,New York\\, NY", "scale unit 1.2 at last by 0", "city=Rome"])).toEqual({
    lists: { city: ["Dallas", "New York, NY", "Rome"] },
    interventions: ["scale unit 1.2 at last by 0"],
  });
  expect(() => settings(["city="])).toThrow(/gives no value/);
  expect(namedAnswers(["right= {capital}", " Austin"])).toEqual({ right: " {capital}", answer: " Austin" });
  expect(seedList("1, 2")).toEqual([1, 2]);
  for (const wrong of ["1,1", "a", "1,,2", "1.5"]) expect(() => seedList(wrong)).toThrow(/no list/);
});

test("a grid leaves a table, a page and a picture, and the second time finds what is there", async () => {
  const out = join(folder, "first");
  const argv = [
    "predict",
    template,
    "--prompts",
    prompts,
    "--hint",
    "I think {capital}. ",
    "--answer",
    "right= {capital}",
  ];
  const first = await commandJson(...argv, "--out", out, "--format", "parquet");
  expect(first).toMatchObject({ format: "lucida-grid", runs: 4, shards: 1, found: 0, setAside: [] });
  expect(first.summary.all.answers.right.probability.n).toBe(4);
  const { buffer } = new Uint8Array(readFileSync(join(out, "results.parquet")));
  const rows = await parquetReadObjects({ file: buffer });
  expect(rows.map(row => [row.city, row.hint])).toEqual([
    ["Dallas", false],
    ["Dallas", true],
    ["Fresno", false],
    ["Fresno", true],
  ]);
  expect(rows[0]!.right_rank).toBe(1);
  expect(readFileSync(join(out, "summary.svg"), "utf8")).toMatch(/^<svg [\s\S]*with hint/);
  expect(readFileSync(join(out, "summary.html"), "utf8")).toContain("I think Austin. Fact");
  const second = await commandJson(...argv, "--out", out, "--format", "csv");
  expect(second).toMatchObject({ found: 1, summary: first.summary });
  expect(existsSync(join(out, "results.csv"))).toBe(true);
});

test("a grid of interventions says before and after", async () => {
  const swap = `swap residual 2 at "as" from "${template.replace("{city}", "Fresno")}"`;
  const { results } = await commandJson("steer", template, "--set", "city=Dallas", "--set", swap);
  expect(results[0]).toMatchObject({ set: [swap], values: { city: "Dallas" } });
  expect(results[0].before.top[0].text).toBe(" Austin");
});

test("what makes no grid is said in a sentence, before a model is opened", async () => {
  const said = async (...argv: string[]) => {
    const { code, err } = await command(...argv);
    return `${code} ${err.split("\n").find(line => !/^\(/.test(line))}`;
  };
  const wrong = join(folder, "wrong.jsonl");
  writeFileSync(wrong, '{"prompt": 3}\n');
  expect(await said("predict", "x", "--queue", "postgres://x")).toMatch(/^2 --queue is for many runs/);
  expect(await said("predict", "x", "--out", folder)).toMatch(/^2 --out is for many runs/);
  expect(await said("predict", "In {citty}", "--prompts", prompts)).toMatch(/^1 nothing was given for \{citty\}/);
  expect(await said("predict", "--prompts", wrong)).toMatch(/^1 a prompt is a text/);
  expect(await said("predict", "--prompts", join(folder, "none.jsonl"))).toMatch(/^1 there is no such file/);
  expect(await said("trace", "{a}", "--set", "a=b", "--expand", "3")).toMatch(/^2 --expand is for one chart/);
  expect(await said("trace", "{a}", "--set", "a=b", "--out", "x.html")).toMatch(/^1 a grid is many charts/);
  expect(await said("predict", "{a}", "--set", "a=b", "--format", "xls")).toMatch(/^2 --format xls is not known/);
  expect(await said("worker")).toMatch(/^2 there is no queue/);
});

test("killed outright half-way, a grid goes on where it was and ends with the same files", async () => {
  const bin = resolve(import.meta.dirname, "../../bin/lucida.js");
  const numbers = Array.from({ length: 48 }, (_, i) => i).join(",");
  const grid = (out: string) => [
    bin,
    "generate",
    "Number {n} is",
    "--set",
    `n=${numbers}`,
    "--tokens",
    "12",
    "--shard",
    "4",
    "--out",
    join(folder, out),
  ];
  const shards = (out: string) =>
    existsSync(join(folder, out, "shards"))
      ? readdirSync(join(folder, out, "shards"))
          .filter(f => f.endsWith(".jsonl"))
          .sort()
      : [];
  const run = (out: string, stopAt?: number) =>
    new Promise<number | string | null>(done => {
      const child = spawn(process.execPath, grid(out), { stdio: "ignore" });
      const watch = setInterval(() => stopAt !== undefined && shards(out).length >= stopAt && child.kill("SIGKILL"), 5);
      child.on("close", (code, signal) => {
        clearInterval(watch);
        done(code ?? signal);
      });
    });
  expect(await run("whole")).toBe(0);
  expect(await run("killed", 3)).toBe("SIGKILL");
  const half = shards("killed").length;
  expect(half).toBeGreaterThanOrEqual(3);
  expect(half).toBeLessThan(12);
  expect(await run("killed")).toBe(0);
  expect(shards("killed")).toEqual(shards("whole"));
  for (const name of [...shards("whole").map(shard => join("shards", shard)), "results.jsonl", "summary.json"]) {
    expect(readFileSync(join(folder, "killed", name), "utf8")).toBe(readFileSync(join(folder, "whole", name), "utf8"));
  }
}, 240_000);
