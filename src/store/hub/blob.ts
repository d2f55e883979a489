/**
 * One file of the hub into the cache: a ranged download that survives broken connections and killed processes, and
 * whose hash is checked before the file gets its name.
 *
 * Our own, since the downloader of @huggingface/hub (2.17) neither resumes nor checks; its listing is what we use.
 * What has arrived lies in `<etag>.incomplete`, as in the Python library: either can go on with what the other began.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Problem } from "../../core/problem.ts";
import { withLock } from "../lock.ts";
import { networkCode, networkProblem } from "../network-problem.ts";
import { systemProblem } from "../system-problem.ts";
import { type Fetch, Passing } from "./request.ts";

export interface RemoteFile {
  /** For messages: model.safetensors */
  readonly name: string;
  readonly address: string;
  readonly size: number;
  /** SHA-256 (64 digits) of a large file, or git's SHA-1 (40 digits) of a small one: also its name in the cache. */
  readonly etag: string;
}

export interface Patience {
  /** Failures in a row, without a byte in between, before giving up. */
  readonly tries: number;
  /** The first pause, in milliseconds; each next one is twice as long. */
  readonly pause: number;
  /** A connection that sends nothing for so long is dropped, in milliseconds. */
  readonly silence: number;
}

export const patience: Patience = { tries: 6, pause: 500, silence: 30_000 };

/**
 * Makes sure that `blobs/<etag>` exists and is right, and gives its path. `arrived` is told how many bytes are there.
 * Throws a Problem: hash wrong, disk full, network gone for good.
 */
export async function fetchBlob(
  blobs: string,
  file: RemoteFile,
  options: {
    fetch: Fetch;
    signal: AbortSignal;
    arrived?: (bytes: number) => void;
    waiting?: () => void;
    patience?: Patience;
  },
): Promise<string> {
  const path = join(blobs, file.etag);
  const there = await size(path);
  if (there === file.size) {
    options.arrived?.(file.size);
    return path;
  }
  await mkdir(blobs, { recursive: true }).catch(error => {
    throw systemProblem(error, dirname(blobs), "write");
  });
  return withLock(
    `${path}.lucida-lock`,
    async () => {
      // Somebody else may have finished it while we waited.
      if ((await size(path)) !== file.size) await fetchInto(`${path}.incomplete`, path, file, options);
      options.arrived?.(file.size);
      return path;
    },
    options,
  );
}

async function fetchInto(
  incomplete: string,
  path: string,
  file: RemoteFile,
  options: Parameters<typeof fetchBlob>[2],
): Promise<void> {
  const resumed = (await size(incomplete)) > 0;
  let out: FileHandle | undefined;
  try {
    out = await open(incomplete, "a");
    let digest = await receive(incomplete, out, file, options);
    if (digest !== file.etag && resumed) {
      // What lay there may have been somebody's half of another file: once more, from nothing.
      await out.truncate(0);
      digest = await receive(incomplete, out, file, options);
    }
    if (digest !== file.etag) {
      await rm(incomplete, { force: true });
      const kind = file.etag.length === 64 ? "SHA-256" : "git hash";
      throw new Problem(
        `${file.name} did not arrive as it was sent: its ${kind} is ${digest.slice(0, 12)}…, and should be ${file.etag.slice(0, 12)}…`,
        {
          where: `from ${file.address}`,
          advice: "again; if it stays so, something between here and the hub changes files",
        },
      );
    }
    await out.sync();
    await out.close();
    out = undefined;
    await rename(incomplete, path);
  } catch (error) {
    throw systemProblem(error, incomplete, "write");
  } finally {
    await out?.close().catch(() => {});
  }
}

/** Appends to `out` until it holds `file.size` bytes, and gives the hash of them all. */
async function receive(
  incomplete: string,
  out: FileHandle,
  file: RemoteFile,
  options: Parameters<typeof fetchBlob>[2],
): Promise<string> {
  const { tries, pause, silence } = options.patience ?? patience;
  let at = (await out.stat()).size;
  if (at > file.size) {
    await out.truncate(0);
    at = 0;
  }
  let hash = await hashOf(incomplete, at, file);
  options.arrived?.(at);

  for (let failures = 0; at < file.size; ) {
    options.signal.throwIfAborted();
    const before = at;
    // Aborted by us, by silence, or at the end of this attempt so that no connection stays open.
    const attempt = new AbortController();
    const signal = AbortSignal.any([options.signal, attempt.signal]);
    let timer: NodeJS.Timeout | undefined;
    const listen = () => {
      clearTimeout(timer);
      timer = setTimeout(() => attempt.abort(new DOMException("silence", "TimeoutError")), silence);
    };
    try {
      listen();
      const response = await options.fetch(file.address, {
        headers: { range: `bytes=${at}-`, "accept-encoding": "identity" },
        signal,
      });
      if (response.status !== 206 && at > 0) {
        // The server starts over, so we do.
        await out.truncate(0);
        at = 0;
        hash = await hashOf(incomplete, 0, file);
      }
      for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
        listen();
        if (at + piece.length > file.size) throw tooLong(file);
        await write(out, piece, incomplete);
        hash.update(piece);
        at += piece.length;
        options.arrived?.(at);
      }
      if (at < file.size) throw Object.assign(new Error("the body ended early"), { code: "ECONNRESET" });
    } catch (error) {
      options.signal.throwIfAborted();
      const code = networkCode(error) ?? networkCode(attempt.signal.reason);
      const passing = error instanceof Passing || (error instanceof Problem && networkCode(error.cause)) || code;
      if (!passing) throw error;
      failures = at > before ? 1 : failures + 1;
      if (failures >= tries) {
        if (error instanceof Problem) throw error;
        throw networkProblem(error, file.address, `again: the ${at} of ${file.size} bytes that have arrived are kept`);
      }
      const wait =
        error instanceof Passing && error.after !== undefined ? error.after * 1000 : pause * 2 ** (failures - 1);
      await sleep(Math.min(wait, 60_000), options.signal);
    } finally {
      clearTimeout(timer);
      attempt.abort();
    }
  }
  return hash.digest("hex");
}

function tooLong(file: RemoteFile): Problem {
  return new Problem(`${file.name} is longer than the ${file.size} bytes the hub announced`, {
    where: `from ${file.address}`,
    advice: "again; if it stays so, something between here and the hub changes files",
  });
}

async function write(out: FileHandle, piece: Uint8Array, path: string): Promise<void> {
  try {
    await out.appendFile(piece);
  } catch (error) {
    throw systemProblem(error, path, "write");
  }
}

/** A hash of the right kind that has already seen the first `length` bytes of `path`. */
async function hashOf(path: string, length: number, file: RemoteFile): Promise<Hash> {
  const hash = file.etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${file.size}\0`);
  if (length > 0) {
    for await (const piece of createReadStream(path, { end: length - 1, highWaterMark: 1 << 20 })) hash.update(piece);
  }
  return hash;
}

async function size(path: string): Promise<number> {
  return stat(path).then(
    info => info.size,
    () => -1,
  );
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, stopped) => {
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      done();
    }, ms);
    const stop = () => {
      clearTimeout(timer);
      stopped(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
