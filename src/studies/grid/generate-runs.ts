/** Runs that write on: prompts of one length, asked for the same number of tokens, side by side. */
import { generateAll } from "../../models/generate.ts";
import { shown } from "../../models/prompt.ts";
import type { GridModel } from "./execute.ts";
import { batchesOf } from "./predict-runs.ts";
import type { Ready, RunContext } from "./ready.ts";
import type { Run } from "./run.ts";

/** What a "generate" run is asked for when it does not say. */
export const writing = (run: Run) => ({ tokens: 32, temperature: 0, topP: 1, ...run.generate });

/** Cached keys and values are held for a whole batch, so it is smaller than for predictions. */
const batchTokens = 512;

export async function generateRuns({ open, results, signal }: RunContext, ready: readonly Ready[]): Promise<void> {
  const alike = new Map<string, Ready[]>();
  for (const one of ready) {
    const key = JSON.stringify(writing(one.run));
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  for (const some of alike.values()) {
    const { tokens, temperature, topP } = writing(some[0]!.run);
    for (const batch of batchesOf(sameText(some, temperature), batchTokens)) {
      const made = await generateAll(
        open.model,
        batch.map(([one]) => one!.ids),
        { tokens, temperature, topP, seed: batch.map(([one]) => one!.run.seed ?? 0), stop: open.eosIds, signal },
      );
      for (const [b, same] of batch.entries()) {
        for (const one of same) results.put(one, { text: textOf(open, made[b]!), made: made[b]! });
      }
    }
  }
}

/** Runs that must write the same: the same ids, and the same seed where tokens are drawn. */
function sameText(ready: readonly Ready[], temperature: number): Ready[][] {
  const groups = new Map<string, Ready[]>();
  for (const one of ready) {
    const key = `${one.ids.join()} ${temperature > 0 ? (one.run.seed ?? 0) : ""}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

export const textOf = ({ tokenizer }: GridModel, ids: readonly number[]): string =>
  tokenizer ? tokenizer.decode(ids) : ids.map(id => shown(tokenizer, id)).join(" ");
