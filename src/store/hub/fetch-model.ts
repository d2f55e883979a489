/**
 * From `owner/name@revision` to a folder on this machine.
 *
 * 1. What the cache holds whole is used, and the network is not asked.
 * 2. The revision becomes a commit; the commit's files are listed.
 * 3. Those that a model needs are fetched (smallest first), resumed and checked: see wanted.ts and blob.ts.
 * 4. Links are made in `snapshots/<commit>`, and at last the branch is noted in `refs/`.
 */
import { copyFile, lstat, mkdir, readFile, rm, stat, statfs, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Problem } from "../../core/problem.ts";
import { systemProblem } from "../system-problem.ts";
import { writeBeside } from "../write-beside.ts";
import { fetchBlob, type Patience, type RemoteFile } from "./blob.ts";
import { cachedSnapshot, commitShape, repositoryFolder, type Snapshot } from "./cache.ts";
import { type HubReference, referenceText, repository } from "./reference.ts";
import { type Fetch, hubFetch, NotThere } from "./request.ts";
import type { HubSettings } from "./settings.ts";
import { indexName, shardsOf, wanted } from "./wanted.ts";

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Bytes that have arrived, of all that will be fetched (undefined until that is known). */
  readonly progress?: (arrived: number, total: number | undefined) => void;
  /** A remark: another process is fetching the same file. */
  readonly note?: (text: string) => void;
  readonly patience?: Patience;
}

/** Files that are fetched at the same time. More would not be faster, and annoy the hub. */
const atOnce = 3;

/** Gives the snapshot of a model, fetching what is missing. Throws a Problem in words for everything that can go wrong. */
export async function fetchModel(
  reference: HubReference,
  settings: HubSettings,
  options: FetchOptions = {},
): Promise<Snapshot> {
  const cached = await cachedSnapshot(settings.cache, reference);
  if (cached) return cached;
  const where = `at ${settings.endpoint}/${repository(reference)}`;
  if (settings.offline) {
    throw new NotThere(`${referenceText(reference)} is not (or not whole) in the cache, and HF_HUB_OFFLINE is set`, {
      where: `in ${settings.cache}`,
      advice: "unsetting HF_HUB_OFFLINE, or one of those that lucida models lists",
    });
  }

  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const fetch = hubFetch(settings, reference, signal);
  const { commit, files } = await listing(reference, settings, fetch, where);
  const folder = repositoryFolder(settings.cache, reference);
  const blobs = join(folder, "blobs");
  const snapshot = join(folder, "snapshots", commit);

  const arrived = new Map<string, number>();
  let total: number | undefined;
  const get = async (name: string): Promise<string> => {
    const file = files.get(name);
    if (!file)
      throw new Problem(`${indexName} names ${name}, which is not there`, { where, advice: "another revision" });
    const blob = await fetchBlob(blobs, file, {
      fetch,
      signal,
      arrived: bytes => {
        arrived.set(name, bytes);
        options.progress?.(sum(arrived.values()), total);
      },
      waiting: () => options.note?.(`another process is fetching ${name}; waiting for it`),
      ...(options.patience ? { patience: options.patience } : {}),
    });
    await linkBlob(blob, join(snapshot, name));
    return join(snapshot, name);
  };

  const plan = wanted([...files.keys()], repository(reference), reference.file);
  try {
    const weights = plan.index
      ? shardsOf(await readFile(await get(indexName), "utf8"), repository(reference))
      : plan.weights;
    const names = [...new Set([...plan.small, ...weights])].sort(
      (a, b) => (files.get(a)?.size ?? 0) - (files.get(b)?.size ?? 0),
    );
    total = sum(names.map(name => files.get(name)?.size ?? 0));
    const missing = await Promise.all(names.map(async name => remaining(blobs, files.get(name))));
    await checkSpace(settings.cache, sum(missing), repository(reference));
    options.progress?.(sum(arrived.values()), total);
    const queue = names.values();
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (const name of queue) await get(name);
      }),
    );
  } catch (error) {
    // The others stop too; what they have is kept for the next time.
    stop.abort(error);
    throw error;
  }
  if (!commitShape.test(reference.revision)) {
    const ref = join(folder, "refs", reference.revision);
    await mkdir(dirname(ref), { recursive: true });
    await writeBeside(ref, commit);
  }
  return { commit, folder: snapshot, file: plan.weights.find(name => name.endsWith(".gguf")) };
}

/** The commit, and the files at the top of the repository (or all, when `deep`) with their sizes and hashes. */
export async function listing(
  reference: HubReference,
  settings: HubSettings,
  fetch: Fetch,
  where: string,
  deep = false,
): Promise<{ commit: string; files: Map<string, RemoteFile> }> {
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const common = { hubUrl: settings.endpoint, fetch };
  const name = repository(reference);
  const strange = () => new Problem("the hub's answer makes no sense", { where, advice: "HF_ENDPOINT: is it a hub?" });
  try {
    const { sha } = await modelInfo({ ...common, name, revision: reference.revision, additionalFields: ["sha"] });
    if (typeof sha !== "string" || !commitShape.test(sha)) throw strange();
    const files = new Map<string, RemoteFile>();
    for await (const entry of listFiles({ ...common, repo: { type: "model", name }, revision: sha, recursive: deep })) {
      const etag = entry.lfs?.oid ?? entry.oid ?? "";
      // Names become file names here: nothing but plain ones, and hashes that are hashes.
      const plain = entry.path.split("/").every(part => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part));
      if (entry.type !== "file" || !plain || (!deep && entry.path.includes("/"))) continue;
      if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag) || !Number.isSafeInteger(entry.size)) throw strange();
      const address = `${settings.endpoint}/${name}/resolve/${sha}/${entry.path}`;
      files.set(entry.path, { name: entry.path, address, size: entry.lfs?.size ?? entry.size, etag });
    }
    return { commit: sha, files };
  } catch (error) {
    // Not JSON, or not the fields we know.
    if (error instanceof SyntaxError || error instanceof TypeError) throw strange();
    throw error;
  }
}

/** `path` becomes a relative link to `blob`; where links are not allowed (Windows), a copy. */
export async function linkBlob(blob: string, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await symlink(relative(dirname(path), blob), path, "file");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST" && (await lstat(path).catch(() => undefined))) return;
    if (code !== "EPERM" && code !== "ENOSYS" && code !== "ENOTSUP") throw systemProblem(error, path, "write");
    await copyFile(blob, path);
  }
}

/** Bytes of a file that have yet to come. */
async function remaining(blobs: string, file: RemoteFile | undefined): Promise<number> {
  if (!file) return 0;
  const path = join(blobs, file.etag);
  const there = await stat(path).catch(() => stat(`${path}.incomplete`).catch(() => undefined));
  return Math.max(0, file.size - (there?.size ?? 0));
}

/** Asks the disk before the first byte rather than after the last that fits. */
async function checkSpace(cache: string, needed: number, name: string): Promise<void> {
  // On the first use the cache isn't there yet, and its disk can't be asked.
  await mkdir(cache, { recursive: true }).catch(error => {
    throw systemProblem(error, cache, "write");
  });
  const disk = await statfs(cache).catch(() => undefined);
  if (!disk || disk.blocks === 0) return;
  const free = disk.bavail * disk.bsize;
  if (free < needed) {
    throw new Problem(`${name} needs ${megabytes(needed)} on the disk, and ${megabytes(free)} are free`, {
      where: `at ${cache}`,
      advice: "freeing some, or HF_HOME on another disk",
    });
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const n of numbers) total += n;
  return total;
}
