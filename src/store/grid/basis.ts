/** A grid's dictionary: what tells it from another of its name, and opening it where a shard is done. */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../core/problem.ts";
import { dictionaryBasis } from "../../features/dictionary/basis.ts";
import type { Model } from "../../models/model.ts";
import type { BasisRef } from "../../studies/grid/run.ts";
import { type OpenDictionary, openDictionary } from "../dictionaries.ts";
import { openFile } from "../file-bytes.ts";
import { below } from "../hub/fetch-files.ts";

/** Of each file, so much of its beginning and its end: whole sets are tens of gigabytes. */
const ENDS = 2 ** 20;

/** Opens the dictionary to see that it is there. Throws a Problem when it is not. */
export async function basisRef(name: string, signal?: AbortSignal): Promise<BasisRef> {
  const open = await openDictionary(name, signal ? { signal } : {});
  try {
    return { name, identity: await identityOf(open) };
  } finally {
    await open.close();
  }
}

/** Opens what a run means. Throws a Problem when another dictionary is found under its name. */
export async function basisFor({ name, identity }: BasisRef, model: Model, signal?: AbortSignal) {
  const open = await openDictionary(name, signal ? { signal } : {});
  try {
    if ((await identityOf(open)) !== identity) {
      throw new Problem("the dictionary here is another one than this grid was made for", {
        where: `at ${open.where}`,
        advice: "the same files as where the grid was begun",
      });
    }
    // It outlives the shard that asked for it first, and so does not listen to that shard's signal.
    return { basis: dictionaryBasis(open.dictionary, model), close: () => open.close() };
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** The hub's commit; of a folder, a hash of its files' names, sizes and ends. */
async function identityOf({ revision, where }: OpenDictionary): Promise<string> {
  if (revision !== undefined) return revision;
  const hash = createHash("sha256");
  for (const name of [...(await below(where, 3))].sort()) {
    const path = join(where, name);
    const { size } = await stat(path);
    hash.update(`\n${name} ${size} `);
    const file = await openFile(path);
    try {
      hash.update(await file.read(0, Math.min(ENDS, size)));
      hash.update(await file.read(Math.max(0, size - ENDS), size));
    } finally {
      await file.close();
    }
  }
  return hash.digest("hex").slice(0, 32);
}
