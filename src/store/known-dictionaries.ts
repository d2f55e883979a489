/**
 * Dictionaries that can be offered for a model: those that came with it (`dictionaries/` beside its weights), those of
 * the data folder, and those that were once opened by name. Knows where they lie; what is inside is not opened.
 */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder } from "./data-folder.ts";
import type { FoundModel } from "./models.ts";
import { writeBeside } from "./write-beside.ts";

/** What to give to `--basis`, most likely ones first; some may be of another model. */
export async function knownDictionaries(model: FoundModel): Promise<string[]> {
  const beside = model.kind === "folder" ? await sets(join(model.path, "dictionaries")) : [];
  const own = await sets(join(dataFolder(), "dictionaries"));
  return [...new Set([...beside, ...own, ...(await remembered())])];
}

/** Keeps a name that worked, so that it is offered again and a chart that was made with it can be run again. */
export async function rememberDictionary(reference: string): Promise<void> {
  const had = await remembered();
  if (had.includes(reference)) return;
  await mkdir(dataFolder(), { recursive: true });
  await writeBeside(list(), JSON.stringify([reference, ...had].slice(0, 40), undefined, 1));
}

const list = () => join(dataFolder(), "dictionaries.json");

async function remembered(): Promise<string[]> {
  const text = await readFile(list(), "utf8").catch(() => "[]");
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(v => typeof v === "string") : [];
  } catch {
    return [];
  }
}

/** Folders with weights in or just below this one: a set of files, or a folder of sets. */
async function sets(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (entries.some(e => e.isFile() && /\.(safetensors|npz|ya?ml)$/.test(e.name))) return [folder];
  return entries
    .filter(e => e.isDirectory())
    .map(e => join(folder, e.name))
    .sort();
}
