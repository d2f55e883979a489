import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyModel } from "../../test/golden/tiny.ts";
import { random } from "../core/random.ts";
import { watchNeurons } from "../features/index/watched.ts";
import type { Model } from "../models/model.ts";
import { buildIndex, type IndexRequest } from "./build-index.ts";
import { exportFeatures } from "./export-features.ts";
import { openIndex } from "./feature-index.ts";

let model: Model;
let folder: string;
beforeAll(async () => {
  model = await tinyModel("llama");
  folder = mkdtempSync(join(tmpdir(), "lucida-index-"));
});
afterAll(async () => {
  await model.release();
  rmSync(folder, { recursive: true, force: true });
});

const next = random(2);
const texts = Array.from({ length: 80 }, () =>
  Array.from({ length: 30 }, () => String.fromCharCode(97 + Math.floor(next() * 26))).join(""),
);
const token = (id: number) => String.fromCharCode(97 + (id % 26));

const request = (name: string, more: Partial<IndexRequest> = {}): IndexRequest => ({
  folder: join(folder, name),
  watched: watchNeurons(model),
  corpus: { name: "made up", files: 0, bytes: 0, mark: "1", texts: () => texts },
  encode: text => Array.from(text, c => c.charCodeAt(0) - 97),
  token,
  length: 16,
  tokens: 100_000,
  batch: 2,
  seed: 0,
  promoted: true,
  ...more,
});

const bytesOf = (name: string) =>
  readdirSync(join(folder, name))
    .filter(file => !file.startsWith("build.") && file !== "index.json")
    .sort()
    .map(file => [file, readFileSync(join(folder, name, file))] as const);

test("an index that was stopped half-way and taken up again is the same, byte for byte; a third call does nothing", async () => {
  const whole = await buildIndex(request("whole"));
  expect(whole.manifest.windows).toBe(160);
  const stop = new AbortController();
  const stopped = buildIndex(
    request("cut", {
      every: 0,
      signal: stop.signal,
      progress: (stage, done) => {
        if (stage === "pass" && done >= 64) stop.abort();
      },
    }),
  );
  await expect(stopped).rejects.toThrow();
  await expect(openIndex(join(folder, "cut"))).rejects.toThrow(/no finished index/);
  const notes: string[] = [];
  const resumed = await buildIndex(request("cut", { note: text => notes.push(text) }));
  expect(notes.join()).toMatch(/going on after window (48|64) of 160/);
  expect(resumed.manifest.tokens).toBe(whole.manifest.tokens);
  expect(bytesOf("cut")).toEqual(bytesOf("whole"));
  let ran = false;
  await buildIndex(request("cut", { progress: () => (ran = true) }));
  expect(ran).toBe(false);
});

test("an index of an older version is refused with what to do, and the same call builds it anew in its place", async () => {
  const corpus = { name: "old", files: 0, bytes: 0, mark: "4", texts: () => texts.slice(0, 10) };
  await buildIndex(request("old", { corpus }));
  const at = (name: string) => join(folder, "old", name);
  const older = { ...JSON.parse(readFileSync(at("index.json"), "utf8")), version: 1 };
  writeFileSync(at("index.json"), JSON.stringify(older));
  writeFileSync(at("build.json"), JSON.stringify({ mark: "of version 1" }));
  await expect(openIndex(join(folder, "old"))).rejects.toThrow(/of version 1, and this Lucida reads version 2/);
  await buildIndex(request("old", { corpus }));
  const open = await openIndex(join(folder, "old"));
  expect((await open.unit(0, 0)).quantiles.length).toBeGreaterThan(0);
  await open.close();
});

test("another corpus in the same folder is another index", async () => {
  const notes: string[] = [];
  const corpus = { name: "other", files: 0, bytes: 0, mark: "2", texts: () => texts.slice(0, 10) };
  const built = await buildIndex(request("cut", { corpus, note: text => notes.push(text) }));
  expect(built.manifest.windows).toBe(20);
  expect(notes.join()).toMatch(/built anew/);
});

test("a corpus without text is refused in words", async () => {
  const corpus = { name: "empty", files: 0, bytes: 0, mark: "3", texts: () => ["a", ""] };
  await expect(buildIndex(request("empty", { corpus }))).rejects.toThrow(/no text of at least four tokens/);
});

test("circuit-tracer's page finds each feature by its offsets, with tokens, activations and logits", async () => {
  await exportFeatures(join(folder, "whole"), join(folder, "export"), token);
  const to = join(folder, "export", "features");
  const index = JSON.parse(gunzipSync(readFileSync(join(to, "index.json.gz"))).toString());
  const open = await openIndex(join(folder, "whole"));
  const { filename, offsets } = index["1"];
  const file = readFileSync(join(to, filename));
  expect(offsets.at(-1)).toBe(file.length);
  const unit = 3;
  const chunk = file.subarray(offsets[unit], offsets[unit + 1]);
  expect(chunk.readUInt32LE(0)).toBe(chunk.length - 4);
  const feature = JSON.parse(gunzipSync(chunk.subarray(4)).toString());
  const record = await open.unit(1, unit);
  expect(feature.index).toBe(unit);
  expect(feature.act_max).toBeCloseTo(record.max, 6);
  const names = feature.examples_quantiles.map((q: { quantile_name: string }) => q.quantile_name);
  expect(names[0]).toBe("Top Activations");
  expect(names.at(-1)).toBe("Bottom Activations");
  expect(names.slice(1, -1)).toEqual(record.quantiles.toReversed().map(q => `Quantile ${q.low} to ${q.high}`));
  expect(record.quantiles.length).toBeGreaterThan(1);
  const [example] = feature.examples_quantiles[0].examples;
  expect(example.tokens.join("")).toBe((await open.window(record.top[0]!.window)).map(token).join(""));
  expect(example.tokens_acts_list[example.train_token_ind]).toBeCloseTo(record.max, 1);
  expect(feature.top_logits.length).toBeGreaterThan(3);
  await open.close();
});
