/**
 * The forward pass: token ids to logits, layer by layer, for a batch of prompts of one length. What happens between
 * the stages of a layer can be watched and changed; this file does not know by whom.
 */

import { Problem } from "../core/problem.ts";
import { float32, type Tensor, tensor } from "../core/tensor.ts";
import type { Model } from "./model.ts";
import { type Rotary, rotaryTables } from "./rotary.ts";

/** Queries that are worked on at once: a longer prompt goes through in pieces, so tokens² is never held. */
const CHUNK = 1024;

/** What a layer's stages give, [batch, token, ...] each, for watching and changing in place. */
export interface Stages {
  /** The residual stream entering the layer. */
  residual?(layer: number, x: Float32Array<ArrayBuffer>): void | Promise<void>;
  /** After attention. */
  mid?(layer: number, mid: Float32Array<ArrayBuffer>): void | Promise<void>;
  /** Unit activations [batch, token, dMlp], with what led to them where `readTaps` asks. */
  hidden?(
    layer: number,
    hidden: Float32Array<ArrayBuffer>,
    taps: Readonly<Record<string, Tensor>>,
  ): void | Promise<void>;
  /** What the MLP wrote, and the stream leaving the layer, which is used from here on. */
  out?(layer: number, out: Float32Array<ArrayBuffer>, taps: Readonly<Record<string, Tensor>>): void | Promise<void>;
  /** What attention gave: the pattern [batch, kvHeads, group, token, key], heads, ... where `attendTaps` asks. */
  attention?(layer: number, taps: Readonly<Record<string, Tensor>>): void | Promise<void>;
  readonly readTaps?: readonly string[];
  readonly writeTaps?: readonly string[];
  readonly attendTaps?: readonly string[];
  /** Attention at this layer reads its pattern from this residual stream [1, token, dModel] instead of its own. */
  frozenOn?(layer: number): Float32Array<ArrayBuffer> | undefined;
  /** Where attention is frozen, are its norm scales too? */
  readonly frozenNorms?: boolean;
  /** Changes what this layer's heads mixed [batch, token, heads * dHead], in place; undefined where nothing does. */
  heads?(layer: number): ((heads: Float32Array<ArrayBuffer>) => void | Promise<void>) | undefined;
  /** This layer's MLP writes this [token, dModel] in every run, whatever it reads. `hidden` is not called there. */
  fixedMlp?(layer: number): Float32Array<ArrayBuffer> | undefined;
}

/** Keys and values of the tokens so far, for generation. */
export class Cache {
  length = 0;
  readonly keys: Tensor[] = [];
  readonly values: Tensor[] = [];
}

export interface ForwardOptions {
  readonly stages?: Stages;
  readonly cache?: Cache;
  readonly signal?: AbortSignal | undefined;
  /** Called after each layer. */
  readonly progress?: ((layer: number) => void) | undefined;
  /** Start with this layer on a residual stream [batch, token, dModel] that has been worked out before. */
  readonly from?: { readonly layer: number; readonly x: Float32Array<ArrayBuffer> };
  /** Length of the whole prompt, where these tokens are a piece of it: scaled rotary positions depend on it. */
  readonly total?: number;
  /** Stop after this many layers; all of them when left out. */
  readonly layers?: number;
}

/**
 * The residual stream after the last layer (or after `layers` of them) [batch, token, dModel].
 * Throws a Problem when the prompt is empty or longer than the model's context.
 */
export async function forward(
  model: Model,
  batch: readonly (readonly number[])[],
  options: ForwardOptions = {},
): Promise<Float32Array<ArrayBuffer>> {
  const tokens = batch[0]?.length ?? 0;
  const start = options.cache?.length ?? 0;
  checkLength(model, start + tokens);
  if (!options.cache && !options.stages && !options.from && tokens > CHUNK) return inChunks(model, batch, options);
  const { dModel } = model.config;
  let x: Float32Array<ArrayBuffer>;
  if (options.from) x = options.from.x.slice();
  else {
    x = new Float32Array(batch.length * tokens * dModel);
    for (let b = 0; b < batch.length; b++) x.set(await model.embed(batch[b]!, start), b * tokens * dModel);
  }
  const places = new Places(model, start, tokens, options.total);
  for (let layer = options.from?.layer ?? 0; layer < (options.layers ?? model.layers); layer++) {
    options.signal?.throwIfAborted();
    x = await oneLayer(model, layer, x, batch.length, tokens, places, options);
    options.progress?.(layer);
  }
  if (options.cache) options.cache.length += tokens;
  return x;
}

async function inChunks(
  model: Model,
  batch: readonly (readonly number[])[],
  options: ForwardOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const tokens = batch[0]!.length;
  const { dModel } = model.config;
  const all = new Float32Array(batch.length * tokens * dModel);
  const cache = new Cache();
  for (let start = 0; start < tokens; start += CHUNK) {
    const end = Math.min(tokens, start + CHUNK);
    const part = await forward(
      model,
      batch.map(ids => ids.slice(start, end)),
      { ...options, cache, total: tokens },
    );
    const size = (end - start) * dModel;
    for (let b = 0; b < batch.length; b++)
      all.set(part.subarray(b * size, (b + 1) * size), (b * tokens + start) * dModel);
  }
  return all;
}

async function oneLayer(
  model: Model,
  layer: number,
  x: Float32Array<ArrayBuffer>,
  batch: number,
  tokens: number,
  places: Places,
  { stages = {}, cache }: ForwardOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const { dModel, dMlp, kvHeads, dHead, parallel } = model.config;
  const shape = [batch, tokens, dModel];
  await stages.residual?.(layer, x);
  const given = { x: tensor(shape, x), ...places.of(layer) };
  const x0 = stages.frozenOn?.(layer);
  const changeHeads = stages.heads?.(layer);
  const wanted = ["mid", ...(changeHeads ? ["heads"] : []), ...(cache ? ["keys", "values"] : [])];
  let attended: Record<string, Tensor>;
  if (x0) {
    const frozen = { ...given, x0: tensor([1, tokens, dModel], x0) };
    attended = stages.frozenNorms
      ? await (await model.program("attendFrozen", layer)).run(frozen)
      : await (await model.program("attendOnPattern", layer)).run(frozen, wanted);
  } else {
    const empty = tensor([batch, kvHeads, 0, dHead], new Float32Array(0));
    const past = { pastKeys: cache?.keys[layer] ?? empty, pastValues: cache?.values[layer] ?? empty };
    const program = await model.program("attend", layer);
    attended = await program.run({ ...given, ...past }, [...new Set([...wanted, ...(stages.attendTaps ?? [])])]);
    await stages.attention?.(layer, attended);
  }
  if (cache) {
    cache.keys[layer] = attended.keys!;
    cache.values[layer] = attended.values!;
  }
  let mid = float32(attended.mid);
  if (changeHeads) {
    const heads = float32(attended.heads);
    await changeHeads(heads);
    const given = { x: tensor(shape, x), heads: tensor([batch, tokens, heads.length / (batch * tokens)], heads) };
    mid = float32((await (await model.program("attendOut", layer)).run(given)).mid);
  }
  await stages.mid?.(layer, mid);
  const fixed = stages.fixedMlp?.(layer);
  if (fixed) {
    for (let i = 0; i < mid.length; i++) mid[i]! += fixed[i % fixed.length]!;
    await stages.out?.(layer, mid, {});
    return mid;
  }
  // In a parallel block the MLP reads what attention read.
  const seen = parallel ? x : mid;
  const reading = await (await model.program("read", layer)).run({ x: tensor(shape, seen) }, [
    "hidden",
    ...(stages.readTaps ?? []),
  ]);
  const hidden = float32(reading.hidden);
  await stages.hidden?.(layer, hidden, reading);
  const writing = await (await model.program("write", layer)).run(
    { mid: tensor(shape, mid), hidden: tensor([batch, tokens, dMlp], hidden) },
    ["out", ...(stages.writeTaps ?? [])],
  );
  const out = float32(writing.out);
  await stages.out?.(layer, out, writing);
  return out;
}

/** Masks and rotary tables for queries [start, start + tokens), one of each kind however many layers share it. */
export class Places {
  private readonly masks = new Map<number | undefined, Tensor>();
  private readonly tables = new Map<string, { cos: Tensor; sin: Tensor }>();
  private readonly model: Model;
  private readonly start: number;
  private readonly tokens: number;
  private readonly total: number;

  /** `total` is the length of the whole prompt, where these queries are only its first. */
  constructor(model: Model, start: number, tokens: number, total = start + tokens) {
    this.model = model;
    this.start = start;
    this.tokens = tokens;
    this.total = total;
  }

  /** `mask`, `cos` and `sin` of a layer. */
  of(layer: number): Record<string, Tensor> {
    const { window, rotary } = this.model.config.layers[layer]!;
    let mask = this.masks.get(window);
    if (!mask) {
      mask = causalMask(this.start, this.tokens, window);
      this.masks.set(window, mask);
    }
    return rotary ? { mask, ...this.turns(rotary) } : { mask };
  }

  private turns(rotary: Rotary) {
    const total = this.total;
    const key = `${rotary.dims} ${rotary.magnitude} ${rotary.frequencies(total).join()}`;
    let had = this.tables.get(key);
    if (!had) {
      const positions = Array.from({ length: this.tokens }, (_, i) => this.start + i);
      const { cos, sin } = rotaryTables(rotary, positions, total);
      const shape = [this.tokens, rotary.dims / 2];
      had = { cos: tensor(shape, cos), sin: tensor(shape, sin) };
      this.tables.set(key, had);
    }
    return had;
  }
}

/** 0 where a query sees a key, -1e9 where not [token, key]. A window counts the query itself. */
export function causalMask(start: number, tokens: number, window: number | undefined): Tensor {
  const keys = start + tokens;
  const data = new Float32Array(tokens * keys);
  for (let q = 0; q < tokens; q++) {
    const at = start + q;
    for (let k = 0; k < keys; k++) if (k > at || (window !== undefined && k <= at - window)) data[q * keys + k] = -1e9;
  }
  return tensor([tokens, keys], data);
}

function checkLength(model: Model, tokens: number): void {
  if (tokens === 0) throw new Problem("the prompt is empty", { advice: "a prompt of at least one token" });
  if (tokens > model.config.context) {
    throw new Problem(`the prompt is ${tokens} tokens long, ${model.name} was made for ${model.config.context}`, {
      advice: "a shorter prompt",
    });
  }
}
