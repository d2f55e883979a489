/** `lucida bench works`: of a set of contrast pairs, the share whose charts work. */
import { basename } from "node:path";
import { measurePair, type Pair } from "../../../attribution/verify/works-pair.ts";
import { Problem, sentence } from "../../../core/problem.ts";
import { openModel } from "../../../store/open-model.ts";
import { openBasis } from "../../dictionary.ts";
import { modelFor } from "../../model.ts";
import type { Context } from "../../verb.ts";
import { type Kept, KeptResults } from "./kept.ts";
import { worksLines } from "./lines.ts";
import { readPairs, some } from "./pairs.ts";
import { summarise } from "./summary.ts";

export interface WorksOptions {
  readonly model: string;
  readonly prompts: string;
  readonly basis: string;
  readonly units: readonly number[];
  /** Most nodes of a chart. */
  readonly nodes?: number | undefined;
  readonly quick: boolean;
  readonly limit?: number | undefined;
  readonly seed: number;
  readonly fresh: boolean;
}

export async function benchWorks(options: WorksOptions, context: Context): Promise<void> {
  const pairs = some(await readPairs(options.prompts), options.limit);
  const { quick, basis, units, nodes, seed } = options;
  const found = await modelFor(options.model, context);
  const settings = { model: found.name, basis, units, nodes, quick, seed };
  const kept = await KeptResults.open(settings, options.fresh);
  const before = pairs.filter(pair => kept.of(pair)).length;
  if (before > 0) context.note(`${before} of ${pairs.length} pairs were measured before (--fresh measures them again)`);
  const open = await openModel(found);
  const opened = await openBasis(basis, open.model, context);
  const phase = context.progress.start(`contrast pairs of ${basename(options.prompts)}`, { unit: "pairs" });
  const results: Kept[] = [];
  try {
    for (const [i, pair] of pairs.entries()) {
      context.signal.throwIfAborted();
      let one = kept.of(pair);
      if (!one) {
        one = await measured(pair, () =>
          measurePair(open, pair, {
            basis: opened?.basis,
            precision: open.precision,
            nodes,
            sizes: units,
            quick,
            seed,
            signal: context.signal,
          }),
        );
        await kept.add(one);
      }
      results.push(one);
      phase.update(i + 1, pairs.length);
    }
  } finally {
    phase.end();
    await opened?.close();
    await open.close();
  }
  const summary = summarise(results);
  context.result({
    format: "lucida-works",
    version: 1,
    ...settings,
    precision: open.precision,
    prompts: basename(options.prompts),
    summary,
    pairs: results,
  });
  context.out(`${found.name}, basis ${basis}, ${basename(options.prompts)}`);
  for (const line of worksLines(summary, quick)) context.out(line);
}

/** What makes no sense as a pair is told with the results; whatever else goes wrong stops the bench. */
async function measured(pair: Pair, measure: () => Promise<Kept>): Promise<Kept> {
  try {
    return await measure();
  } catch (error) {
    if (error instanceof Problem) return { ...pair, failed: sentence(error).split("\n")[0]! };
    throw error;
  }
}
