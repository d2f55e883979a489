/** Runs that only ask what comes next: prompts of one length in one batch, equal prompts once. */
import { forward } from "../../models/forward.ts";
import { lastRows } from "../../models/generate.ts";
import { predictionOf } from "./answers.ts";
import type { Ready, RunContext } from "./ready.ts";

/** Tokens of one batch: enough to keep the matrix unit busy. */
const batchTokens = 1024;

export async function predictRuns({ open, results, signal }: RunContext, ready: readonly Ready[]): Promise<void> {
  const { model } = open;
  for (const batch of batchesOf(distinct(ready))) {
    const stream = await forward(
      model,
      batch.map(([one]) => one!.ids),
      { signal },
    );
    const logits = await model.logits(lastRows(stream, batch.length, model.config.dModel));
    const { vocabulary } = model.config;
    for (const [b, same] of batch.entries()) {
      const own = logits.subarray(b * vocabulary, (b + 1) * vocabulary);
      for (const one of same) {
        await results.attempt(one.run, async () => results.put(one, predictionOf(open, one.run, own)));
      }
    }
  }
}

/** Runs with the same ids together, in the order in which they first appear. */
export function distinct(ready: readonly Ready[]): Ready[][] {
  const groups = new Map<string, Ready[]>();
  for (const one of ready) {
    const key = one.ids.join();
    const had = groups.get(key);
    if (had) had.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

/** Groups whose prompts have one length, in batches. */
export function batchesOf(groups: readonly Ready[][], tokens = batchTokens): Ready[][][] {
  const lengths = new Map<number, Ready[][]>();
  for (const group of groups) {
    const { length } = group[0]!.ids;
    const had = lengths.get(length);
    if (had) had.push(group);
    else lengths.set(length, [group]);
  }
  return [...lengths.entries()].flatMap(([length, all]) => {
    const size = Math.max(1, Math.floor(tokens / length));
    return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
  });
}
