import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDictionary } from "../src/store/dictionaries.ts";
import { findIndex } from "../src/store/index-folder.ts";
import { findModel, siblings } from "../src/store/models.ts";
import { openModel } from "../src/store/open-model.ts";
import { embedded } from "./embedded.ts";

test("model, dictionaries, index, labels and siblings together are 25 MB at most", async () => {
  const files = await readdir(embedded.path, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(files.filter(f => f.isFile()).map(f => stat(join(f.parentPath, f.name))));
  expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(25e6);
});

test("the dictionary's index comes with the model, and more than a third of its units have a label", async () => {
  const home = await mkdtemp(join(tmpdir(), "lucida-"));
  const before = process.env.LUCIDA_HOME;
  process.env.LUCIDA_HOME = home;
  const basis = join(embedded.path, "dictionaries/transcoders");
  const open = await openModel(embedded);
  const dictionary = await openDictionary(basis);
  try {
    const { dModel, vocabulary } = open.model.config;
    const model = { dModel, layers: open.model.layers, vocabulary };
    const found = await findIndex(embedded, basis, { basis: "transcoders", model });
    expect(found?.folder).toBe(join(embedded.path, "index/transcoders"));
    const { manifest } = found!.index;
    expect(manifest.layers.map(l => l.units)).toEqual(dictionary.dictionary.layers.map(l => l?.features ?? 0));
    expect(manifest.labelled / (6 * 1024)).toBeGreaterThan(1 / 3);
    await found!.index.close();
    expect(await findIndex(embedded, basis, { basis: "transcoders", model: { ...model, layers: 7 } })).toBeUndefined();
  } finally {
    await dictionary.close();
    await open.close();
    if (before === undefined) delete process.env.LUCIDA_HOME;
    else process.env.LUCIDA_HOME = before;
    await rm(home, { recursive: true });
  }
});

test("the siblings are found by their names, and read the specimen's tokens", async () => {
  const own = await openModel(embedded);
  for (const name of siblings.keys()) {
    const open = await openModel(await findModel(name));
    expect(open.model.config.dModel).toBeLessThan(own.model.config.dModel);
    expect(open.tokenizer!.encode("Dallas")).toEqual(own.tokenizer!.encode("Dallas"));
    await open.close();
  }
  await own.close();
});
