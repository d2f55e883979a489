/**
 * The real models that `*.real.test.ts` are tried on: a folder with `smollm2.gguf` and `gemma3.gguf`.
 */
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Bytes, checkRange } from "../src/formats/bytes.ts";

/** Path of a real model's file. Throws when it is not there: a test that needs it must not pass without it. */
export function realModel(name: "smollm2" | "gemma3"): string {
  const folder = process.env.LUCIDA_REAL ?? join(homedir(), ".cache/lucida/test-weights");
  const path = join(folder, `${name}.gguf`);
  if (!existsSync(path)) throw new Error(`${path} is not there; LUCIDA_REAL names the folder with the real models`);
  return path;
}

/** Bytes of a file on disk, read range by range. Close it when done. */
export async function fileBytes(path: string): Promise<Bytes & { close(): Promise<void> }> {
  const handle = await open(path, "r");
  const { size } = await handle.stat();
  return {
    size,
    name: path,
    async read(start, end) {
      checkRange(path, size, start, end);
      const data = new Uint8Array(end - start);
      let at = 0;
      while (at < data.length) {
        const { bytesRead } = await handle.read(data, at, data.length - at, start + at);
        if (bytesRead === 0) checkRange(path, start + at, start, end);
        at += bytesRead;
      }
      return data;
    },
    close: () => handle.close(),
  };
}
