/**
 * Bytes of a file on a disk. Only what is asked for is read; nothing is kept.
 */
import { type FileHandle, open } from "node:fs/promises";
import { Problem } from "../core/problem.ts";
import { type Bytes, checkRange } from "../formats/bytes.ts";
import { systemProblem } from "./system-problem.ts";

/** Linux reads at most 2 GiB a call, and Node's `read` refuses more; a whole shard may be larger. */
const mostAtOnce = 1 << 30;

export interface FileBytes extends Bytes {
  close(): Promise<void>;
}

/** Opens `path` for reading. Throws a Problem when it is missing, a folder or not readable. */
export async function openFile(path: string): Promise<FileBytes> {
  let file: FileHandle;
  let size: number;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw systemProblem(error, path, "read");
  }
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new Problem("this is a folder, not a file", { where: `at ${path}` });
    size = info.size;
  } catch (error) {
    await file.close();
    throw error;
  }
  const readInto = async (start: number, out: Uint8Array<ArrayBuffer>) => {
    checkRange(path, size, start, start + out.length);
    let at = 0;
    while (at < out.length) {
      const { bytesRead } = await file.read(out, at, Math.min(out.length - at, mostAtOnce), start + at);
      // The file has shrunk under our hands.
      if (bytesRead === 0) checkRange(path, start + at, start, start + out.length);
      at += bytesRead;
    }
  };
  return {
    name: path,
    size,
    readInto,
    async read(start, end) {
      checkRange(path, size, start, end);
      const bytes = new Uint8Array(end - start);
      await readInto(start, bytes);
      return bytes;
    },
    close: () => file.close(),
  };
}

/** Opens a file, lends it to `use`, and closes it whatever happens. */
export async function withFile<T>(path: string, use: (bytes: FileBytes) => Promise<T>): Promise<T> {
  const bytes = await openFile(path);
  try {
    return await use(bytes);
  } finally {
    await bytes.close();
  }
}
