/**
 * Does the runs of a shard with a model at hand.
 *
 * 1. read: each prompt to token ids. What makes no sense for this model becomes that run's error; the rest goes on.
 * 2. predict: prompts of one length together through the model, equal ones once.
 * 3. generate: the same, token by token.
 * 4. steer: runs with interventions (or units to read), as variants of their prompts' recorded runs, side by side too.
 * 5. trace: charts, one after the other.
 *
 * Knows nothing of files, processes and queues.
 */
import type { Basis } from "../../features/basis.ts";
import { type Asked, promptOf } from "../../models/prompt.ts";
import { generateRuns } from "./generate-runs.ts";
import { predictRuns } from "./predict-runs.ts";
import { type Ready, Results } from "./ready.ts";
import type { RunResult } from "./result.ts";
import type { BasisRef, Run, Shared } from "./run.ts";
import { steerRuns } from "./steer-runs.ts";
import { traceRuns } from "./trace-runs.ts";

/** A model with what a grid asks of it besides: an opened model has all of it. */
export interface GridModel extends Asked {
  /** In words: "float32". */
  readonly precision: string;
  /** Ids that end an answer. */
  readonly eosIds: ReadonlySet<number>;
  /** Opens a dictionary, where there is a way to. Throws a Problem when it is not there, or another one than is meant. */
  readonly basis?: (reference: BasisRef) => Promise<Basis>;
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** A result for each run, in order. Throws only what is no fault of a run: an abort, a broken file, a bug. */
export async function runShard(
  open: GridModel,
  { runs, shared = {} }: { readonly runs: readonly Run[]; readonly shared?: Shared },
  options: ExecuteOptions = {},
): Promise<RunResult[]> {
  const results = new Results(runs, options.progress);
  const ready: Ready[] = [];
  for (const run of runs) {
    await results.attempt(run, async () => {
      const { ids, text } = promptOf(
        typeof run.prompt === "string" ? { text: run.prompt, chat: run.chat } : { ids: run.prompt },
        open,
      );
      ready.push({ run, ids, text });
    });
  }
  const inside = ({ run }: Ready) => run.kind !== "trace" && (run.set?.length || run.units?.length);
  const plain = (kind: Run["kind"]) => ready.filter(r => r.run.kind === kind && !inside(r));
  const context = { open, shared, results, signal: options.signal };
  await predictRuns(context, plain("predict"));
  await generateRuns(context, plain("generate"));
  await steerRuns(context, ready.filter(inside));
  await traceRuns(
    context,
    ready.filter(r => r.run.kind === "trace"),
  );
  return results.all();
}

/** All of them here, in this thread, in one go: for small numbers of runs, and for tests. */
export const runHere =
  (open: GridModel) =>
  (runs: readonly Run[], shared?: Shared, options?: ExecuteOptions): Promise<RunResult[]> =>
    runShard(open, { runs, ...(shared ? { shared } : {}) }, options);
