/**
 * A process that does shards with one thread, so that as many as there are cores run side by side: onnxruntime runs on
 * the thread that calls it. It is started when a shard comes, and again when it has died; what it was doing then fails
 * with a sentence. It ends with this process.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { internal, Problem } from "../../core/problem.ts";
import type { ExecuteOptions } from "../../studies/grid/execute.ts";
import type { RunResult } from "../../studies/grid/result.ts";
import type { Shard } from "../../studies/grid/shard.ts";
import { endProcess, modelProcess } from "../model-process.ts";
import type { FoundModel } from "../models.ts";
import { buildFolder } from "../package-root.ts";
import type { Executor } from "./executor.ts";

/** To the process. */
export type Request = { readonly model: FoundModel } | { readonly shard: Shard } | { readonly cancel: true };
/** From the process. */
export type Reply =
  | { readonly results: readonly RunResult[] }
  | { readonly done: number; readonly of: number }
  | { readonly error: { what: string; where?: string | undefined; advice?: string | undefined; problem: boolean } };

/** The built entry of the process, or undefined where the sources run as they are. */
export function processEntry(): string | undefined {
  const build = buildFolder();
  const entry = build && join(build, "store/grid/shard.worker.js");
  return entry && existsSync(entry) ? entry : undefined;
}

export class ShardProcess implements Executor {
  private child: ChildProcess | undefined;
  private readonly found: FoundModel;
  private readonly entry: string;

  constructor(found: FoundModel, entry: string) {
    this.found = found;
    this.entry = entry;
  }

  /** The process's number, while it runs: for tests that kill it. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  async run(shard: Shard, { signal, progress }: ExecuteOptions): Promise<readonly RunResult[]> {
    signal?.throwIfAborted();
    const child = this.start();
    const cancel = () => child.connected && child.send({ cancel: true } satisfies Request);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise<readonly RunResult[]>((resolve, reject) => {
        const gone = (code: number | null, by: string | null) => {
          this.child = undefined;
          reject(new Error(`the worker process ended (${by ?? `exit code ${code}`})`));
        };
        const received = (reply: Reply) => {
          if ("done" in reply) return progress?.(reply.done, reply.of);
          child.off("exit", gone);
          child.off("message", received);
          if ("results" in reply) resolve(reply.results);
          else if (signal?.aborted) reject(signal.reason);
          else reject(reply.error.problem ? new Problem(reply.error.what, reply.error) : new Error(reply.error.what));
        };
        child.once("exit", gone);
        child.on("message", received);
        child.send({ shard } satisfies Request, error => {
          if (error) reject(internal(`a shard could not be sent: ${error.message}`));
        });
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  async close(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child) await endProcess(child);
  }

  private start(): ChildProcess {
    if (this.child) return this.child;
    const child = modelProcess(this.entry);
    child.on("error", () => {});
    child.once("exit", () => {
      if (this.child === child) this.child = undefined;
    });
    child.send({ model: this.found } satisfies Request);
    this.child = child;
    return child;
  }
}
