/** Where the index of a model and basis lies: one that came with the specimen, or one that was built here. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Model } from "../models/model.ts";
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

/** What an index must have been made of to be this model's in this basis. */
export interface Indexed {
  readonly basis: string;
  readonly model: { readonly dModel: number; readonly layers: number; readonly vocabulary: number };
}

/** Of this basis watched on this model. */
export const indexedBy = ({ name }: { readonly name: string }, { config, layers }: Model): Indexed => ({
  basis: name,
  model: { dModel: config.dModel, layers, vocabulary: config.vocabulary },
});

/** Is it of this basis, and of a model of this shape? */
export const fits = ({ basis, model }: FeatureIndex["manifest"], asked: Indexed): boolean =>
  basis === asked.basis &&
  model.dModel === asked.model.dModel &&
  model.layers === asked.model.layers &&
  model.vocabulary === asked.model.vocabulary;

/**
 * The finished index of this model and basis, opened: built here (`reference` is what `--basis` said), else shipped
 * beside the model's weights. Undefined when there is none.
 */
export async function findIndex(
  model: FoundModel,
  reference: string,
  asked: Indexed,
): Promise<{ readonly folder: string; readonly index: FeatureIndex } | undefined> {
  for (const folder of [indexFolder(model, reference), ...(await shipped(model))]) {
    if (!(await hasIndex(folder))) continue;
    const index = await openIndex(folder).catch(() => undefined);
    if (index && fits(index.manifest, asked)) return { folder, index };
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
