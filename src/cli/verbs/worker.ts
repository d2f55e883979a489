/** `lucida worker`: does pieces of grids that others have put into a queue, until it is stopped. */
import { availableParallelism } from "node:os";
import { leaseText } from "../grid.ts";
import { modelFor, modelOption } from "../model.ts";
import { count, type Verb, WrongCommand } from "../verb.ts";

interface Options {
  readonly model: string;
  readonly queue?: string;
  readonly workers?: number;
  readonly idle?: number;
  readonly lease: number;
}

export const verb: Verb<Options> = {
  configure(command) {
    modelOption(command)
      .option("--queue <address>", "where work is found: postgres://user@host/database")
      .option("--workers <n>", "processes; as many as cores when left out", count(1, 1024))
      .option("--idle <seconds>", "end when nothing came for this long; it waits for ever when left out", count(1))
      .option("--lease <seconds>", leaseText, count(1, 86_400), 60);
  },
  async run(options, context) {
    const { queue: url } = options;
    if (url === undefined) {
      throw new WrongCommand("there is no queue to take work from", {
        advice: "--queue postgres://user@host/database",
      });
    }
    const { color, note } = context;
    const found = await modelFor(options.model, context);
    const { modelIdentity } = await import("../../store/grid/model-identity.ts");
    const { openPostgresQueue } = await import("../../store/grid/postgres-queue.ts");
    const { executorsHere } = await import("../../store/grid/run-grid.ts");
    const { work } = await import("../../store/grid/work.ts");
    const identity = await modelIdentity(found, context.signal);
    const queue = await openPostgresQueue(url, {
      identity,
      leaseMs: 1000 * options.lease,
      signal: context.signal,
      note,
    });
    const executors = executorsHere(found, options.workers ?? availableParallelism());
    let shards = 0;
    let runs = 0;
    let failed = 0;
    let last = Date.now();
    note(`${found.name} is ready, with ${executors.length} process${executors.length === 1 ? "" : "es"}`);
    const phase = context.progress.start("runs done");
    try {
      await Promise.all(
        executors.map(executor =>
          work(queue, executor, {
            signal: context.signal,
            leave: () => options.idle !== undefined && Date.now() - last > 1000 * options.idle,
            progress: () => (last = Date.now()),
            finished: shard => {
              last = Date.now();
              shards++;
              runs += shard.runs.length;
              phase.update(runs);
            },
            failed: (_, attempt, why) => {
              failed++;
              note(color.yellow(`attempt ${attempt} at a piece of work failed: ${why.split("\n")[0]}`));
            },
          }),
        ),
      );
    } finally {
      phase.end();
      await Promise.all(executors.map(executor => executor.close()));
      await queue.close();
      note(`${runs} runs done, in ${shards} pieces${failed > 0 ? `; ${failed} attempts failed` : ""}`);
    }
    context.result({ model: found.name, identity, shards, runs, failed });
  },
};
