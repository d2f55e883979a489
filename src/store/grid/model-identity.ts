/**
 * What a model is, whatever it is called and wherever it lies: a hash of its files' content. Two machines that find the
 * same one compute the same. Reads every byte once (about a gigabyte a second), except where the hub's cache has
 * already named a file by its hash.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { FoundModel } from "../models.ts";
import { systemProblem } from "../system-problem.ts";

/** What of a folder is the model: its shape, its weights, and how it reads text. */
const counts =
  /^(config|generation_config|tokenizer|tokenizer_config|model\.safetensors\.index)\.json$|\.safetensors$|^chat_template\.jinja$/;

/** In hex, 64 digits. */
export async function modelIdentity(found: FoundModel, signal?: AbortSignal): Promise<string> {
  const whole = createHash("sha256").update(found.kind);
  for (const path of await filesOf(found)) {
    // A GGUF file may be called anything; the files of a folder are told apart by their names.
    const name = found.kind === "gguf" ? "" : basename(path);
    whole.update(`\n${name} ${await contentHash(path, signal)}`);
  }
  return whole.digest("hex");
}

/** Bytes of its files. */
export async function modelBytes(found: FoundModel): Promise<number> {
  let sum = 0;
  for (const path of await filesOf(found)) sum += (await stat(path)).size;
  return sum;
}

async function filesOf({ kind, path }: FoundModel): Promise<string[]> {
  if (kind === "gguf") return [path];
  return (await readdir(path))
    .filter(name => counts.test(name))
    .sort()
    .map(name => join(path, name));
}

async function contentHash(path: string, signal: AbortSignal | undefined): Promise<string> {
  const real = await realpath(path);
  // The hub's cache keeps large files under their own SHA-256.
  if (real !== path && /^[0-9a-f]{64}$/.test(basename(real))) return basename(real);
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(real, { highWaterMark: 1 << 20 }), hash, signal ? { signal } : {});
  } catch (error) {
    throw systemProblem(error, path, "read");
  }
  return hash.digest("hex");
}
