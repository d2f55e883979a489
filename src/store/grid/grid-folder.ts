/**
 * A grid's results on disk:
 *
 *   grid.json             what was asked, of which model, and the shards in order
 *   shards/HASH.jsonl     a line that says what it is, then a line a run; written whole, or not there
 *   set-aside/HASH.json   why a shard could not be done
 *
 * A shard's file has its hash for a name, and the hash is of everything that its content depends on: so whatever is
 * there need not be done again, by whomever it was made, and two that write the same file write the same thing.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../formats/json.ts";
import { type RunResult, resultFormat } from "../../studies/grid/result.ts";
import type { ModelRef, Shard } from "../../studies/grid/shard.ts";
import { systemProblem } from "../system-problem.ts";
import { writeBeside } from "../write-beside.ts";

export interface GridAbout {
  readonly model: ModelRef;
  /** Version of Lucida. */
  readonly lucida: string;
  readonly runs: number;
  readonly shards: readonly string[];
  /** The grid as it was asked for, for people. */
  readonly asked?: unknown;
}

export class GridFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder where it isn't there. */
  static async open(path: string): Promise<GridFolder> {
    try {
      await mkdir(join(path, "shards"), { recursive: true });
    } catch (error) {
      throw systemProblem(error, path, "write");
    }
    return new GridFolder(path);
  }

  async about(about: GridAbout): Promise<void> {
    const text = JSON.stringify({ format: "lucida-grid", version: resultFormat, ...about }, null, 1);
    await writeBeside(join(this.path, "grid.json"), `${text}\n`);
  }

  /** Hashes of the shards that are there. */
  async done(): Promise<Set<string>> {
    const names = await readdir(join(this.path, "shards"));
    return new Set(names.flatMap(name => /^([0-9a-f]{64})\.jsonl$/.exec(name)?.[1] ?? []));
  }

  async save({ hash, model }: Shard, results: readonly RunResult[]): Promise<void> {
    const head = { format: "lucida-shard", version: resultFormat, hash, model, runs: results.length };
    await writeBeside(this.shardPath(hash), [head, ...results].map(row => `${JSON.stringify(row)}\n`).join(""));
    await rm(this.asidePath(hash), { force: true });
  }

  /** Results of a shard; undefined when it is not there, or no longer whole. */
  async load(hash: string): Promise<RunResult[] | undefined> {
    const text = await readFile(this.shardPath(hash), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      const [head, ...rows] = text
        .trimEnd()
        .split("\n")
        .map(line => JSON.parse(line) as unknown);
      const whole = isRecord(head) && head.hash === hash && head.version === resultFormat && head.runs === rows.length;
      return whole ? (rows as RunResult[]) : undefined;
    } catch {
      return undefined;
    }
  }

  async setAside({ hash, runs }: Shard, why: string): Promise<void> {
    try {
      await mkdir(join(this.path, "set-aside"), { recursive: true });
    } catch (error) {
      throw systemProblem(error, this.path, "write");
    }
    await writeBeside(this.asidePath(hash), `${JSON.stringify({ hash, why, runs: runs.map(run => run.id) })}\n`);
  }

  private shardPath(hash: string): string {
    return join(this.path, "shards", `${hash}.jsonl`);
  }

  private asidePath(hash: string): string {
    return join(this.path, "set-aside", `${hash}.json`);
  }
}
