/** Steered grids on a small random model, in its neurons and in a dictionary's features: batched, and the same as alone. */
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { dictionaryFolder } from "../../../test/dictionary-folder.ts";
import { tinyFolder } from "../../../test/tiny-folder.ts";
import { promptOf } from "../../models/prompt.ts";
import { recordRun } from "../../models/record.ts";
import { runHere } from "../../studies/grid/execute.ts";
import { expand } from "../../studies/grid/grid.ts";
import type { FoundModel } from "../models.ts";
import { type OpenModel, openModel } from "../open-model.ts";
import { basisFor, basisRef } from "./basis.ts";
import { hereExecutor } from "./executor.ts";
import { runGrid } from "./run-grid.ts";

const root = mkdtempSync(join(tmpdir(), "lucida-steered-"));
const [model, dictionary] = [join(root, "model"), join(root, "dictionary")];
const found: FoundModel = { kind: "folder", path: model, name: "tiny", source: "disk" };
let open: OpenModel;
beforeAll(async () => {
  tinyFolder(model, { layers: 3, dModel: 32, dMlp: 48 });
  dictionaryFolder(dictionary, { layers: 3, dModel: 32, features: 40 });
  open = await openModel(found, { threads: 1 });
});
afterAll(async () => {
  await open.close();
  rmSync(root, { recursive: true, force: true });
});

const n = Array.from({ length: 24 }, (_, i) => `${10 + i}`);
const steered = (kind: "predict" | "generate", more = {}) =>
  expand({
    kind,
    template: "calc: {n}+7=",
    lists: { n },
    set: ["scale unit 1.5 at last by -3", "scale residual 0 at 2 by 1.5"],
    ...(kind === "generate" ? { generate: { tokens: 3 } } : {}),
    ...more,
  });

/** How often a layer's attention was run. */
async function passes<T>(work: () => Promise<T>): Promise<{ result: T; passes: number }> {
  const spy = vi.spyOn(open.model, "program");
  try {
    const result = await work();
    return { result, passes: spy.mock.calls.filter(([name, layer]) => /^attend/.test(name) && layer === 2).length };
  } finally {
    spy.mockRestore();
  }
}

test.each(["predict", "generate"] as const)(
  "%s: steered prompts share forward passes, and say what each says alone",
  async kind => {
    const runs = steered(kind);
    const many = await passes(() => runHere(open)(runs));
    const alone = await passes(async () => {
      const results = [];
      for (const run of runs) results.push(...(await runHere(open)([run])));
      return results;
    });
    // All 24 are as long: recorded at one go, changed at one go (and written on, token by token, before and after).
    expect(many.passes).toBe(kind === "predict" ? 2 : 1 + 2 * 3);
    expect(alone.passes).toBe(24 * many.passes);
    for (const [i, result] of many.result.entries()) {
      const other = alone.result[i]!;
      expect(result.error).toBeUndefined();
      expect(result.set).toEqual(other.set);
      expect(result.made).toEqual(other.made);
      expect(result.top?.map(t => t.id)).toEqual(other.top?.map(t => t.id));
      if (kind === "predict") expect(result.top![0]!.logit).toBeCloseTo(other.top![0]!.logit, 4);
      expect(result.before!.top[0]!.logit).toBeCloseTo(other.before!.top[0]!.logit, 4);
    }
    if (kind === "predict")
      expect(many.result.some(r => Math.abs(r.top![0]!.logit - r.before!.top[0]!.logit) > 0.01)).toBe(true);
  },
);

test("frozen attention keeps each prompt to itself, and gives the same in company", async () => {
  const runs = steered("predict", { attention: "frozen" }).slice(0, 3);
  const together = await runHere(open)(runs);
  const [one] = await runHere(open)(runs.slice(1, 2));
  expect(together[1]!.top![0]!.logit).toBeCloseTo(one!.top![0]!.logit, 4);
});

test("in a dictionary's basis a unit is a feature: a column reads it, an intervention sets it", async () => {
  const basis = await basisRef(dictionary);
  const asked = {
    template: "calc: {n}+7=",
    lists: { n: n.slice(0, 6) },
    units: [
      { layer: 1, index: 3 },
      { layer: 2, index: 7 },
    ],
  };
  const outcome = await runGrid({
    found,
    runs: [
      ...expand({ kind: "predict", ...asked, basis }),
      ...expand({ kind: "predict", ...asked, basis, set: ["set unit 1.3 at last to 6"] }).map(r => ({
        ...r,
        id: `set ${r.id}`,
      })),
      ...expand({ kind: "predict", ...asked, units: [{ layer: 1, index: 3 }] }).map(r => ({
        ...r,
        id: `neuron ${r.id}`,
      })),
    ],
    workers: 1,
    executor: () => hereExecutor(found, { threads: 1 }),
  });
  const results = [];
  for await (const result of outcome.results()) results.push(result);
  expect(results.map(r => r.error)).toEqual(results.map(() => undefined));
  const opened = await basisFor(basis, open.model);
  for (const [i, result] of results.slice(0, 6).entries()) {
    const { ids } = promptOf({ text: `calc: ${n[i]}+7=` }, open);
    const on = await opened.basis.on(await recordRun(open.model, ids, { readTaps: opened.basis.readTaps }));
    for (const [name, value] of Object.entries(result.units!)) {
      const [layer, index] = name.split(".").map(Number);
      const number = on.number({ layer: layer!, index: index!, position: ids.length - 1 });
      expect(value, name).toBeCloseTo(number === undefined ? 0 : on.activation(number), 4);
    }
    const changed = results[6 + i]!;
    expect(changed.units).toEqual(result.units);
    expect(changed.before!.top[0]!.logit).toBeCloseTo(result.top![0]!.logit, 4);
    expect(Math.abs(changed.top![0]!.logit - result.top![0]!.logit)).toBeGreaterThan(1e-4);
    expect(results[12 + i]!.units!["1.3"]).not.toBeCloseTo(result.units!["1.3"]!, 4);
  }
  await opened.close();
});

test("a grid of charts is made in the dictionary that it names, error nodes and all", async () => {
  const basis = await basisRef(dictionary);
  const trace = { target: "#40", units: 30 };
  const runs = [
    ...expand({ kind: "trace", template: "calc: 1+1=", trace, basis }),
    ...expand({ kind: "trace", template: "calc: 1+1=", trace }).map(run => ({ ...run, id: "neurons" })),
  ];
  const executor = hereExecutor(found, { threads: 1 });
  const results = await executor.run({ hash: "", model: { name: "tiny", identity: "" }, runs }, {});
  await executor.close();
  const [features, neurons] = results.map(r => r.trace!.coverage);
  expect(results.map(r => r.error)).toEqual([undefined, undefined]);
  expect(features!.error).toBeGreaterThan(0.05);
  expect(neurons!.error).toBe(0);
});

test("a unit that the basis does not have is that run's error, and a dictionary that was changed is not taken for the old one", async () => {
  const basis = await basisRef(dictionary);
  const run = expand({ kind: "predict", template: "calc: 1+1=", units: [{ layer: 1, index: 40 }], basis });
  const executor = hereExecutor(found, { threads: 1 });
  const shard = { hash: "", model: { name: "tiny", identity: "" }, runs: run };
  const [result] = await executor.run(shard, {});
  expect(result!.error!.what).toContain("unit 1.40 is not there");
  await executor.close();
  const [file] = readdirSync(dictionary).filter(f => f.endsWith(".safetensors"));
  appendFileSync(join(dictionary, file!), " ");
  expect((await basisRef(dictionary)).identity).not.toBe(basis.identity);
  const later = hereExecutor(found, { threads: 1 });
  const [refused] = await later.run(shard, {});
  expect(refused!.error!.what).toContain("another one than this grid was made for");
  await later.close();
});
