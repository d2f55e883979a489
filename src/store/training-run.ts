/**
 * The folder of a training run: the checkpoint while it runs, and at the end an ordinary model or dictionary.
 * Knows paths and file names, and nothing of training beyond its checkpoint.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Problem } from "../core/problem.ts";
import { memoryBytes } from "../formats/bytes.ts";
import { type Checkpoint, openCheckpoint } from "../training/checkpoint.ts";
import type { TokenizerJson } from "../training/tokenizer/build.ts";
import { specimenFolder } from "./models.ts";
import { systemProblem } from "./system-problem.ts";
import { type Written, writeBeside } from "./write-beside.ts";

/** Not called *.safetensors, so that nobody takes it for the model. */
export const checkpointName = "training.checkpoint";

export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder where it is missing. */
  static async open(path: string): Promise<RunFolder> {
    const folder = resolve(path);
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw systemProblem(error, folder, "write");
    }
    return new RunFolder(folder);
  }

  /** The run that was interrupted here. */
  async checkpoint<Settings>(): Promise<Checkpoint<Settings> | undefined> {
    const path = join(this.path, checkpointName);
    if (!existsSync(path)) return undefined;
    // Read at once: the next checkpoint takes this one's place.
    return openCheckpoint<Settings>(memoryBytes(new Uint8Array(await readFile(path)), path));
  }

  /** Throws a Problem when a file of this name is here: what is finished is not written over. */
  refuseIfHolds(name: string, what: string): void {
    if (existsSync(join(this.path, name)))
      throw new Problem(what, { where: `at ${this.path}`, advice: "--out with another folder" });
  }

  async saveCheckpoint(data: Written): Promise<void> {
    await writeBeside(join(this.path, checkpointName), data);
  }

  /** Writes one file of what was trained; `name` may be in a folder below. */
  async write(name: string, data: Written): Promise<void> {
    const path = join(this.path, name);
    await mkdir(dirname(path), { recursive: true }).catch(error => {
      throw systemProblem(error, path, "write");
    });
    await writeBeside(path, data);
  }

  /** The run is over, and its result is here. */
  async removeCheckpoint(): Promise<void> {
    await rm(join(this.path, checkpointName), { force: true });
  }
}

/** The specimen's tokenizer files (or those of a model like it), as text, and parsed for the encoder. */
export async function specimenTokenizer(
  folder = specimenFolder(),
): Promise<{ json: TokenizerJson; files: Readonly<Record<string, string>> }> {
  const files: Record<string, string> = {};
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
    const path = join(folder, name);
    try {
      files[name] = await readFile(path, "utf8");
    } catch (error) {
      throw systemProblem(error, path, "read");
    }
  }
  return { json: JSON.parse(files["tokenizer.json"]!) as TokenizerJson, files };
}
