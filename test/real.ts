/**
 * The real models that `*.real.test.ts` are tried on: a folder with `smollm2.gguf` and `gemma3.gguf`.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type FileBytes, openFile } from "../src/store/file-bytes.ts";

/** Path of a real model's file. Throws when it is not there: a test that needs it must not pass without it. */
export function realModel(name: "smollm2" | "gemma3"): string {
  const folder = process.env.LUCIDA_REAL ?? join(homedir(), ".cache/lucida/test-weights");
  const path = join(folder, `${name}.gguf`);
  if (!existsSync(path)) throw new Error(`${path} is not there; LUCIDA_REAL names the folder with the real models`);
  return path;
}

/** Bytes of a file on disk, read range by range. Close it when done. */
export function fileBytes(path: string): Promise<FileBytes> {
  return openFile(path);
}
