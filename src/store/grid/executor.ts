/** Whoever does shards: this thread, or a process of its own (`shard-process.ts`). */
import type { ExecuteOptions } from "../../studies/grid/execute.ts";
import { runShard } from "../../studies/grid/execute.ts";
import type { RunResult } from "../../studies/grid/result.ts";
import type { Shard } from "../../studies/grid/shard.ts";
import type { FoundModel } from "../models.ts";
import { type OpenModel, openModel } from "../open-model.ts";

export interface Executor {
  run(shard: Shard, options: ExecuteOptions): Promise<readonly RunResult[]>;
  close(): Promise<void>;
}

/** Does shards in this thread. The model is opened when the first comes. */
export function hereExecutor(found: FoundModel, options: { readonly threads?: number } = {}): Executor {
  let opening: Promise<OpenModel> | undefined;
  return {
    async run(shard, how) {
      opening ??= openModel(found, options);
      opening.catch(() => {
        opening = undefined;
      });
      return runShard(await opening, shard, how);
    },
    async close() {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
