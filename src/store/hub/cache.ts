/**
 * The hub's cache on the disk, in the layout that the Python library reads and writes:
 *
 *   models--owner--name/blobs/<etag>               the files, by their hash
 *   models--owner--name/refs/<branch>              the commit a branch stood at
 *   models--owner--name/snapshots/<commit>/<file>  links to blobs
 *
 * Knows nothing of the network.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type HubReference, repository } from "./reference.ts";
import { indexName, shardsOf } from "./wanted.ts";

/** models--owner--name in `cache`. */
export function repositoryFolder(cache: string, reference: HubReference): string {
  return join(cache, `models--${reference.owner}--${reference.name}`);
}

export const commitShape = /^[0-9a-f]{40}$/;

/** The commit that a revision means as far as the cache knows. */
export async function cachedCommit(folder: string, revision: string): Promise<string | undefined> {
  if (commitShape.test(revision)) return revision;
  const commit = (await readFile(join(folder, "refs", revision), "utf8").catch(() => "")).trim();
  return commitShape.test(commit) ? commit : undefined;
}

export interface Snapshot {
  readonly commit: string;
  readonly folder: string;
  /** The GGUF file, when that is what the snapshot is used for. */
  readonly file: string | undefined;
}

/** A snapshot with everything a model needs, or undefined: then something has to be fetched. */
export async function cachedSnapshot(cache: string, reference: HubReference): Promise<Snapshot | undefined> {
  const base = repositoryFolder(cache, reference);
  const commit = await cachedCommit(base, reference.revision);
  if (!commit) return undefined;
  const folder = join(base, "snapshots", commit);
  const names = await presentFiles(folder);
  if (reference.file !== undefined) {
    return names.includes(reference.file) ? { commit, folder, file: reference.file } : undefined;
  }
  if (await holdsModel(folder, names, repository(reference))) return { commit, folder, file: undefined };
  const ggufs = names.filter(name => name.endsWith(".gguf"));
  return !names.includes("config.json") && ggufs.length === 1 ? { commit, folder, file: ggufs[0] } : undefined;
}

/** Names in a folder whose files exist (a link to a blob that is gone does not count). */
export async function presentFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const there = await Promise.all(
    names.map(name =>
      stat(join(folder, name)).then(
        info => info.isFile(),
        () => false,
      ),
    ),
  );
  return names.filter((_, i) => there[i]);
}

/** Does the folder hold a configuration and all its safetensors? A tokenizer can do without. */
export async function holdsModel(folder: string, names: readonly string[], where = folder): Promise<boolean> {
  if (!names.includes("config.json")) return false;
  if (names.includes("model.safetensors")) return true;
  if (names.includes(indexName)) {
    const shards = shardsOf(await readFile(join(folder, indexName), "utf8"), where);
    return shards.every(name => names.includes(name));
  }
  return names.filter(name => name.endsWith(".safetensors")).length === 1;
}
