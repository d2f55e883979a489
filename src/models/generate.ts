/** Text from a model, token by token, with a cache of keys and values. */
import { random } from "../core/random.ts";
import { Cache, forward, type Stages } from "./forward.ts";
import type { Model } from "./model.ts";

export interface GenerateOptions {
  /** Most new tokens. */
  readonly tokens: number;
  /** 0 takes the most probable token each time. */
  readonly temperature?: number;
  /** Only the smallest set of tokens with this much probability is drawn from. */
  readonly topP?: number;
  readonly seed?: number;
  /** Ids after which it stops; they are not part of the result. */
  readonly stop?: ReadonlySet<number>;
  readonly signal?: AbortSignal | undefined;
  readonly onToken?: (id: number) => void | Promise<void>;
  /** Watches or changes each pass; `step` 0 is the prompt, then one new token each. */
  readonly stages?: (step: number) => Stages | undefined;
}

/** New ids after the prompt's. */
export async function generate(model: Model, ids: readonly number[], options: GenerateOptions): Promise<number[]> {
  return (await generateAll(model, [ids], options))[0]!;
}

export interface GenerateAllOptions extends Omit<GenerateOptions, "seed" | "onToken"> {
  /** One for all, or one a prompt. */
  readonly seed?: number | readonly number[] | undefined;
  /** Called with the prompt's place among the prompts. */
  readonly onToken?: ((id: number, prompt: number) => void | Promise<void>) | undefined;
}

/** New ids after each of several prompts of one length, written side by side until the last one ends. */
export async function generateAll(
  model: Model,
  prompts: readonly (readonly number[])[],
  options: GenerateAllOptions,
): Promise<number[][]> {
  const { dModel, vocabulary, context } = model.config;
  const cache = new Cache();
  const { seed = 0 } = options;
  const draws = prompts.map((_, b) => random(typeof seed === "number" ? seed : (seed[b] ?? 0)));
  const made: number[][] = prompts.map(() => []);
  const open = prompts.map(() => true);
  const room = context - (prompts[0]?.length ?? 0);
  let next = prompts;
  for (let step = 0; step < Math.min(options.tokens, Math.max(room, 0)); step++) {
    const stages = options.stages?.(step);
    const x = await forward(model, next, { cache, signal: options.signal, ...(stages ? { stages } : {}) });
    const logits = await model.logits(lastRows(x, prompts.length, dModel));
    const ids = prompts.map((_, b) => {
      const own = logits.subarray(b * vocabulary, (b + 1) * vocabulary);
      return sample(own, options.temperature ?? 0, options.topP ?? 1, draws[b]!);
    });
    for (const [b, id] of ids.entries()) {
      if (options.stop?.has(id)) open[b] = false;
      if (!open[b]) continue;
      made[b]!.push(id);
      await options.onToken?.(id, b);
    }
    if (!open.includes(true)) break;
    // A prompt that has ended runs along, unheard.
    next = ids.map(id => [id]);
  }
  return made;
}

/** Each prompt's last row of a stream [batch, token, dModel]: [batch, dModel]. */
export function lastRows(x: Float32Array, batch: number, dModel: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(batch * dModel);
  const size = x.length / batch;
  for (let b = 0; b < batch; b++) rows.set(x.subarray((b + 1) * size - dModel, (b + 1) * size), b * dModel);
  return rows;
}

/** One id from logits. Ties go to the lower id, so that greedy text is the same everywhere. */
export function sample(logits: Float32Array, temperature: number, topP: number, draw: () => number): number {
  if (temperature <= 0) return argmax(logits);
  const probabilities = softmax(Float64Array.from(logits, v => v / temperature));
  let order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]!);
  if (topP < 1) {
    let sum = 0;
    const end = order.findIndex(id => (sum += probabilities[id]!) >= topP);
    order = order.slice(0, end < 0 ? undefined : end + 1);
  }
  const total = order.reduce((sum, id) => sum + probabilities[id]!, 0);
  let left = draw() * total;
  for (const id of order) {
    left -= probabilities[id]!;
    if (left <= 0) return id;
  }
  return order[order.length - 1]!;
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Probabilities, in float64. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const out = new Float64Array(logits.length);
  const top = logits[argmax(logits)]!;
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += out[i] = Math.exp(logits[i]! - top);
  for (let i = 0; i < out.length; i++) out[i]! /= sum;
  return out;
}

/** The probability of one token, without the others'. */
export function probabilityOf(logits: ArrayLike<number>, id: number): number {
  const top = logits[argmax(logits)]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - top);
  return Math.exp(logits[id]! - top) / sum;
}

export interface Likely {
  readonly id: number;
  readonly logit: number;
  readonly probability: number;
}

/** The n most probable tokens. */
export function likely(logits: Float32Array, n: number): Likely[] {
  const probabilities = softmax(logits);
  const before = (a: number, b: number): number => logits[b]! - logits[a]! || a - b;
  // Few of many: those that beat the least of the best so far, put in their place. Sorting all costs a hundred times more.
  const best: number[] = n < logits.length / 8 ? [] : Array.from(probabilities.keys()).sort(before).slice(0, n);
  if (best.length === 0) {
    for (let id = 0; id < logits.length && n > 0; id++) {
      if (best.length === n && !(logits[id]! > logits[best[n - 1]!]!)) continue;
      let at = best.length;
      while (at > 0 && before(best[at - 1]!, id) > 0) at--;
      best.splice(at, 0, id);
      if (best.length > n) best.pop();
    }
  }
  return best.map(id => ({ id, logit: logits[id]!, probability: probabilities[id]! }));
}
