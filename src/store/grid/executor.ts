/** Whoever does shards: this thread, or a process of its own (`shard-process.ts`). */
import type { ExecuteOptions } from "../../studies/grid/execute.ts";
import { runShard } from "../../studies/grid/execute.ts";
import type { RunResult } from "../../studies/grid/result.ts";
import type { BasisRef } from "../../studies/grid/run.ts";
import type { Shard } from "../../studies/grid/shard.ts";
import type { FoundModel } from "../models.ts";
import { type OpenModel, openModel } from "../open-model.ts";
import { basisFor } from "./basis.ts";

export interface Executor {
  run(shard: Shard, options: ExecuteOptions): Promise<readonly RunResult[]>;
  close(): Promise<void>;
}

/** Does shards in this thread. The model is opened when the first comes. */
export function hereExecutor(found: FoundModel, options: { readonly threads?: number } = {}): Executor {
  let opening: Promise<OpenModel> | undefined;
  const bases = new Map<string, ReturnType<typeof basisFor>>();
  return {
    async run(shard, how) {
      opening ??= openModel(found, options);
      opening.catch(() => {
        opening = undefined;
      });
      const open = await opening;
      const basis = async (reference: BasisRef) => {
        const key = JSON.stringify(reference);
        let had = bases.get(key);
        if (!had) {
          bases.set(key, (had = basisFor(reference, open.model, how.signal)));
          had.catch(() => bases.delete(key));
        }
        return (await had).basis;
      };
      return runShard({ ...open, basis }, shard, how);
    },
    async close() {
      for (const basis of bases.values()) await (await basis.catch(() => undefined))?.close();
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
