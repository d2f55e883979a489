/**
 * Shards: a grid's runs in pieces that one worker does at one go. A shard is named by a hash of all that its results
 * depend on (the model's own content, the format of results, the runs), so doing it twice gives the same file, and
 * whoever finds that file need not do it again. Runs are batched within a shard only, so its results do not depend on
 * how many workers there are.
 */
import { canonicalJson } from "./canonical.ts";
import { type RunResult, resultFormat } from "./result.ts";
import type { Run, RunKind, Shared } from "./run.ts";

export interface ModelRef {
  /** As people call it: "specimen", "owner/name", a file's name. */
  readonly name: string;
  /** Hash of its content, in hex: two machines with the same one have the same weights. */
  readonly identity: string;
}

export interface Shard {
  /** SHA-256, in hex. */
  readonly hash: string;
  readonly model: ModelRef;
  readonly runs: readonly Run[];
  readonly shared?: Shared;
}

export interface ShardResult {
  readonly hash: string;
  readonly results: readonly RunResult[];
}

/** Runs in a shard: a few seconds of work for a small model, so that a lost shard costs little. */
const sizes: Readonly<Record<RunKind, number>> = { predict: 256, generate: 64, trace: 4 };

/** Runs of one kind stand together, in their order; `size` overrides how many go into a shard. */
export async function shardsOf(
  model: ModelRef,
  runs: readonly Run[],
  options: { readonly shared?: Shared | undefined; readonly size?: number | undefined } = {},
): Promise<Shard[]> {
  const shards: Shard[] = [];
  for (const kind of ["predict", "generate", "trace"] as const) {
    const some = runs.filter(run => run.kind === kind);
    const size = options.size ?? sizes[kind];
    for (let i = 0; i < some.length; i += size) {
      shards.push(await shardOf(model, some.slice(i, i + size), options.shared));
    }
  }
  return shards;
}

async function shardOf(model: ModelRef, runs: readonly Run[], shared: Shared | undefined): Promise<Shard> {
  const what = { format: resultFormat, model: model.identity, runs, ...(shared ? { shared } : {}) };
  return { hash: await sha256(canonicalJson(what)), model, runs, ...(shared ? { shared } : {}) };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, "0")).join("");
}
