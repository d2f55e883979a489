/**
 * A file appears whole or not at all: it is written beside its place under another name, forced to the disk, and renamed.
 *
 * Half-written files are remembered, so that Ctrl-C can remove them; a `kill -9` leaves at most a file whose name
 * ends in `.part`. Knows nothing of what is written.
 */
import { closeSync, openSync, rmSync } from "node:fs";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Problem } from "../core/problem.ts";
import { systemProblem } from "./system-problem.ts";

/** All at once, or a piece at a time. */
export type Written = string | Uint8Array | AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

const unfinished = new Set<string>();
let count = 0;

/**
 * Writes `data` to `path`, replacing what is there. Throws a Problem when the disk is full, the folder is missing or
 * may not be written to; then, and when `signal` is aborted, what was at `path` before is untouched.
 */
export async function writeBeside(path: string, data: Written, options: { signal?: AbortSignal } = {}): Promise<void> {
  const place = await realPlace(path);
  if (place === undefined) return writeThrough(path, data, options);
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}-${++count}.part`);
  let file: FileHandle | undefined;
  try {
    options.signal?.throwIfAborted();
    unfinished.add(beside);
    // Made at once: an open on its way would make the file after Ctrl-C has looked for it.
    closeSync(openSync(beside, "wx"));
    file = await open(beside, "r+");
    for await (const piece of pieces(data)) {
      options.signal?.throwIfAborted();
      await file.writeFile(piece);
    }
    await file.sync();
    await file.close();
    file = undefined;
    options.signal?.throwIfAborted();
    await rename(beside, place);
  } catch (error) {
    await file?.close().catch(() => {});
    if (unfinished.has(beside)) await rm(beside, { force: true }).catch(() => {});
    throw systemProblem(error, path, "write");
  } finally {
    unfinished.delete(beside);
  }
}

/** Removes what is half-written, at once: for a process that is about to end. */
export function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      rmSync(path, { force: true });
    } catch {
      // The process is ending; there is nobody left to tell.
    }
  }
  unfinished.clear();
}

/**
 * The file that `path` means: a link is followed, so that it stays a link; a folder is refused before any work is done.
 * Undefined for a device or a pipe (/dev/stdout, a FIFO): renaming a file over one would destroy it.
 */
async function realPlace(path: string): Promise<string | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (!info) return path;
  if (info.isDirectory()) {
    throw new Problem("this is a folder, not a file", { where: `at ${path}`, advice: "a file name in it" });
  }
  return info.isFile() ? realpath(path) : undefined;
}

/** To a device or a pipe there is only one way: into it. */
async function writeThrough(path: string, data: Written, options: { signal?: AbortSignal }): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "w");
    for await (const piece of pieces(data)) {
      options.signal?.throwIfAborted();
      await file.writeFile(piece);
    }
    await file.close();
  } catch (error) {
    await file?.close().catch(() => {});
    throw systemProblem(error, path, "write");
  }
}

function pieces(data: Written): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  return typeof data === "string" || data instanceof Uint8Array ? [data] : data;
}
