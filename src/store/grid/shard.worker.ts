/** A process that does shards: its model comes first, then one shard at a time. It ends when its parent is gone. */
import { Problem, sentence } from "../../core/problem.ts";
import type { Shard } from "../../studies/grid/shard.ts";
import { belongsToParent } from "../model-process.ts";
import { type Executor, hereExecutor } from "./executor.ts";
import type { Reply, Request } from "./shard-process.ts";

let executor: Executor | undefined;
let stop = new AbortController();
const reply = (message: Reply) => process.connected && process.send!(message);

belongsToParent();
process.on("message", (request: Request) => {
  if ("model" in request) executor = hereExecutor(request.model, { threads: 1 });
  else if ("cancel" in request) stop.abort();
  else void run(request.shard);
});

async function run(shard: Shard): Promise<void> {
  stop = new AbortController();
  let told = 0;
  const progress = (done: number, of: number) => {
    // Thousands of runs a second need not each be told.
    const now = performance.now();
    if (now - told < 200) return;
    told = now;
    reply({ done, of });
  };
  try {
    reply({ results: await executor!.run(shard, { signal: stop.signal, progress }) });
  } catch (error) {
    const { where, advice } = error instanceof Problem ? error : {};
    const problem = error instanceof Problem;
    reply({ error: { what: problem ? error.message : sentence(error), where, advice, problem } });
  }
}
