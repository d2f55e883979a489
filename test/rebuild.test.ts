/** What comes embedded is made by one command, and that command goes on where it was stopped. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { openDictionary } from "../src/store/dictionaries.ts";
import { findIndex } from "../src/store/index-folder.ts";
import { openModel } from "../src/store/open-model.ts";
import { onwardRuns, wholeRun } from "../src/training/specimen.ts";
import { embedded } from "./embedded.ts";

const root = resolve(import.meta.dirname, "..");
const rebuild = (folder: string) =>
  spawnSync(process.execPath, [join(root, "scripts/specimen.js"), folder, "--part", "0.0005"], { encoding: "utf8" });

test("a two-thousandth of the whole: model, dictionaries and index that fit each other; done once, it is not done again", async () => {
  const home = mkdtempSync(join(tmpdir(), "lucida-"));
  const folder = join(home, "specimen");
  try {
    const { status, stdout, stderr } = rebuild(folder);
    expect(status, stderr).toBe(0);
    expect(stdout.match(/^lucida \w+/gm)).toEqual([...Array(8).fill("lucida train"), "lucida index"]);
    const run = JSON.parse(readFileSync(join(folder, "training.json"), "utf8"));
    // The script's steps are the recipe's; a run remembers the one before.
    const stepsOf = ({ settings }: { settings: { schedule: { steps: number } } }) => settings.schedule.steps;
    const { languages, code } = onwardRuns;
    expect([run, run.from, run.from.from].map(stepsOf)).toEqual(
      [languages.steps, code.steps, wholeRun].map(steps => Math.round(steps * 0.0005)),
    );
    expect([run.onward, run.from.onward, run.from.from.onward]).toEqual(["languages", "code", undefined]);
    expect(Object.keys(run.settings.aids)).toEqual(["concepts", "fewUnits"]);

    const found = { ...embedded, path: folder };
    const basis = join(folder, "dictionaries/transcoders");
    const open = await openModel(found);
    const { dictionary, close } = await openDictionary(basis);
    const { dModel, vocabulary } = open.model.config;
    const model = { dModel, layers: open.model.layers, vocabulary };
    const index = await findIndex(found, basis, { basis: "transcoders", model });
    expect(index?.folder).toBe(join(folder, "index/transcoders"));
    expect(index!.index.manifest.layers.map(l => l.units)).toEqual(dictionary.layers.map(l => l!.features));
    expect(index!.index.manifest.corpus.name).toContain("specimen");
    await index!.index.close();
    await close();
    await open.close();

    const dictionaries = JSON.parse(readFileSync(join(basis, "training.json"), "utf8"));
    const all = [];
    for (let one = dictionaries; one; one = one.from) all.push(one);
    expect(all.map(d => d.errors)).toEqual([1.25, 1.25, 1.5, 1.5, 1.25]);
    expect(all.map(d => d.answers)).toEqual([0.8, 0.8, 0.8, 0, 0]);
    expect(readdirSync(home)).toEqual(["specimen"]);

    // An index that was interrupted has files, and no manifest yet.
    rmSync(join(folder, "index/transcoders/index.json"));
    expect(rebuild(folder).stdout.match(/^lucida \w+/gm)).toEqual(["lucida index"]);

    const made = statSync(join(folder, "model.safetensors")).mtimeMs;
    const again = rebuild(folder);
    expect(again.status).toBe(0);
    expect(again.stdout.match(/is there already/g)).toHaveLength(3);
    expect(statSync(join(folder, "model.safetensors")).mtimeMs).toBe(made);
  } finally {
    rmSync(home, { recursive: true });
  }
}, 600_000);
