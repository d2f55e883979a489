/**
 * Files of a repository, one by one and on demand: for dictionaries, of which one may want a tenth. What has been fetched
 * lies in the same cache as models do.
 */
import { mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "../../core/problem.ts";
import { writeBeside } from "../write-beside.ts";
import { fetchBlob, type RemoteFile } from "./blob.ts";
import { cachedCommit, commitShape, repositoryFolder } from "./cache.ts";
import { type FetchOptions, linkBlob, listing } from "./fetch-model.ts";
import { type HubReference, referenceText } from "./reference.ts";
import { hubFetch, NotThere } from "./request.ts";
import type { HubSettings } from "./settings.ts";

export interface HubFiles {
  readonly commit: string;
  /** Names below the repository's top, with "/" between folders. */
  readonly names: readonly string[];
  /** The path of a file on this machine, fetched if it isn't there. */
  path(name: string): Promise<string>;
}

/** Lists a repository. Offline, or at a commit that is known, what the cache holds is the list. */
export async function hubFiles(
  reference: HubReference,
  settings: HubSettings,
  options: FetchOptions = {},
): Promise<HubFiles> {
  const base = repositoryFolder(settings.cache, reference);
  if (settings.offline) {
    const commit = await cachedCommit(base, reference.revision);
    const folder = join(base, "snapshots", commit ?? "none");
    const names = commit ? await below(folder) : [];
    if (!commit || names.length === 0) {
      throw new NotThere(`${referenceText(reference)} is not in the cache, and HF_HUB_OFFLINE is set`, {
        where: `in ${settings.cache}`,
        advice: "unsetting HF_HUB_OFFLINE, or a dictionary in a folder",
      });
    }
    return { commit, names, path: async name => join(folder, name) };
  }
  const signal = options.signal ?? new AbortController().signal;
  const fetch = hubFetch(settings, reference, signal);
  const where = `at ${settings.endpoint}/${reference.owner}/${reference.name}`;
  const { commit, files } = await listing(reference, settings, fetch, where, true);
  const snapshot = join(base, "snapshots", commit);
  if (!commitShape.test(reference.revision)) {
    const ref = join(base, "refs", reference.revision);
    await mkdir(dirname(ref), { recursive: true });
    await writeBeside(ref, commit);
  }
  const arrived = new Map<string, number>();
  const totals = new Map<string, number>();
  const get = async (file: RemoteFile): Promise<string> => {
    const path = join(snapshot, file.name);
    const there = await stat(path).catch(() => undefined);
    if (there?.size === file.size) return path;
    totals.set(file.name, file.size);
    const blob = await fetchBlob(join(base, "blobs"), file, {
      fetch,
      signal,
      arrived: bytes => {
        arrived.set(file.name, bytes);
        options.progress?.(sum(arrived), sum(totals));
      },
      waiting: () => options.note?.(`another process is fetching ${file.name}; waiting for it`),
      ...(options.patience ? { patience: options.patience } : {}),
    });
    await linkBlob(blob, path);
    return path;
  };
  return {
    commit,
    names: [...files.keys()],
    path: async name => {
      const file = files.get(name);
      if (!file) throw new Problem(`there is no file ${name}`, { where });
      return get(file);
    },
  };
}

/** All file names under a folder, with "/" between folders. */
export async function below(folder: string, depth = 6): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = await Promise.all(
    entries.map(async entry => {
      const path = join(folder, entry.name);
      const info = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (info?.isFile()) return [entry.name];
      if (!info?.isDirectory() || depth === 0 || entry.name.startsWith(".")) return [];
      return (await below(path, depth - 1)).map(name => `${entry.name}/${name}`);
    }),
  );
  return names.flat().sort();
}

function sum(numbers: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const n of numbers.values()) total += n;
  return total;
}
