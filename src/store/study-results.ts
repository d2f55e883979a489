/** Where finished steps of studies are kept, so that a run that was killed goes on: one small file a step. */
import { createHash } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { dataFolder } from "./data-folder.ts";
import { openFile } from "./file-bytes.ts";
import type { FoundModel } from "./models.ts";
import { systemProblem } from "./system-problem.ts";
import { writeBeside } from "./write-beside.ts";

export class StudyResults {
  readonly folder: string;

  constructor(folder: string = join(dataFolder(), "studies")) {
    this.folder = folder;
  }

  private path(key: string): string {
    return join(this.folder, `${createHash("sha256").update(key).digest("hex").slice(0, 40)}.json`);
  }

  /** Undefined for what was never made, and for a file that is no longer whole. */
  async get(key: string): Promise<unknown> {
    try {
      const kept = JSON.parse(await readFile(this.path(key), "utf8")) as { key?: unknown; value?: unknown };
      return kept.key === key ? kept.value : undefined;
    } catch {
      return undefined;
    }
  }

  async put(key: string, value: unknown): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
    } catch (error) {
      throw systemProblem(error, this.folder, "write");
    }
    await writeBeside(this.path(key), JSON.stringify({ key, value }));
  }
}

/** Which weights these are: size and a hash of both ends of the file, so that a retrained model is another one. */
export async function fingerprint(found: FoundModel): Promise<string> {
  const path = found.kind === "gguf" ? found.path : join(found.path, "model.safetensors");
  const info = await stat(path).catch(() => undefined);
  if (!info) return found.path;
  const file = await openFile(path);
  try {
    const hash = createHash("sha256").update(String(info.size));
    const end = 2 ** 20;
    hash.update(await file.read(0, Math.min(end, info.size)));
    hash.update(await file.read(Math.max(0, info.size - end), info.size));
    return hash.digest("hex").slice(0, 24);
  } finally {
    await file.close();
  }
}
