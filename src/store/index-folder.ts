/** Where the index of a model and basis lies: one that came with the specimen, or one that was built here. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder } from "./data-folder.ts";
import { type FeatureIndex, hasIndex, openIndex } from "./feature-index.ts";
import type { FoundModel } from "./models.ts";

/** Where an index goes when no folder was named: one a model and basis. */
export function indexFolder(model: { readonly name: string; readonly path?: string }, basis: string): string {
  const plain = (text: string) => text.replace(/[^\w.-]+/g, "-").slice(-60);
  const id = createHash("sha256")
    .update(`${model.path ?? model.name}\n${basis}`)
    .digest("hex")
    .slice(0, 8);
  return join(dataFolder(), "indexes", `${plain(model.name)}-${plain(basis)}-${id}`);
}

/**
 * The finished index of this model and basis, opened: built here (`reference` is what `--basis` said), else shipped
 * beside the model's weights. Undefined when there is none.
 */
export async function findIndex(
  model: FoundModel,
  reference: string,
  fits: (index: FeatureIndex["manifest"]) => boolean,
): Promise<FeatureIndex | undefined> {
  for (const folder of [indexFolder(model, reference), ...(await shipped(model))]) {
    if (!(await hasIndex(folder))) continue;
    const index = await openIndex(folder).catch(() => undefined);
    if (index && fits(index.manifest)) return index;
    await index?.close();
  }
  return undefined;
}

/** Folders beside the weights that may hold one: `index`, and folders in it. */
async function shipped(model: FoundModel): Promise<string[]> {
  if (model.kind !== "folder") return [];
  const names = async (folder: string) =>
    (await readdir(folder, { withFileTypes: true }).catch(() => []))
      .filter(entry => entry.isDirectory())
      .map(entry => join(folder, entry.name));
  const inside = (await names(model.path)).filter(folder => /index/.test(folder.split(/[/\\]/).at(-1)!));
  return [...inside, ...(await Promise.all(inside.map(names))).flat()];
}
