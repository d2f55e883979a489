/**
 * The bench on which a study's questions are put to a model: many at once, as they are or with something changed.
 *
 * Greedy decoding says an answer exactly if, after the prompt and the right beginning of the answer, each next token is
 * the likeliest. So one pass over prompt and answer tells, with or without a change, and nothing has to be generated.
 */

import type { PromptBasis } from "../features/basis.ts";
import { neurons } from "../features/neurons.ts";
import type { Tokenizer } from "../formats/tokenizer/tokenizer.ts";
import { compile, variantOf } from "../interventions/apply.ts";
import type { Intervention } from "../interventions/intervention.ts";
import { runVariants, type Variant } from "../interventions/variants.ts";
import { forward, type Stages } from "../models/forward.ts";
import { argmax } from "../models/generate.ts";
import type { Model } from "../models/model.ts";
import { type Recording, recordRun } from "../models/record.ts";

/** A question: would it say `wanted`, and is that likelier than `own`? */
export interface Ask {
  readonly ids: readonly number[];
  readonly wanted: readonly number[];
  /** What it would say otherwise; empty where nothing in particular. */
  readonly own: readonly number[];
}

export interface Reading {
  /** Greedy decoding says `wanted`. */
  readonly exact: boolean;
  /** logit(wanted) − logit(own) where the two part; log-probability of wanted's first token where there is no own. */
  readonly gap: number;
  /** Of the whole of `wanted`, in nats. */
  readonly logProbability: number;
  /** Probability of the likeliest first token, whatever it is. */
  readonly sure: number;
  /** The likeliest tokens along `wanted`, up to the first that differs. */
  readonly said: readonly number[];
  /** How many of wanted's tokens are likeliest in their place, all its beginning given. */
  readonly right: number;
}

/** Rows of logits held at once. */
const LOGIT_FLOATS = 2 ** 23;
const BATCH_TOKENS = 2048;
/** Recordings kept: about half a gigabyte at most. */
const KEPT_FLOATS = 1.2e8;

export interface LabOptions {
  readonly signal?: AbortSignal | undefined;
}

export class Lab {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly signal: AbortSignal | undefined;
  private readonly recordings = new Map<string, { recording: Recording; basis: PromptBasis }>();
  /** Runs of a prompt so far, for the report. */
  runs = 0;

  constructor(model: Model, tokenizer: Tokenizer, options: LabOptions = {}) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.signal = options.signal;
  }

  /** The text of ids, as a person reads it. */
  text(ids: readonly number[]): string {
    return this.tokenizer.decode(ids);
  }

  async record(ids: readonly number[]): Promise<Recording> {
    return (await this.recorded(ids)).recording;
  }

  private async recorded(ids: readonly number[]) {
    const key = ids.join();
    let had = this.recordings.get(key);
    if (!had) {
      const recording = await recordRun(this.model, ids, { signal: this.signal });
      had = { recording, basis: await neurons(this.model).on(recording) };
      const { dModel, dMlp } = this.model.config;
      const floats = ids.length * this.model.layers * (3 * dMlp + 4 * dModel);
      const most = Math.max(2, Math.floor(KEPT_FLOATS / floats));
      while (this.recordings.size >= most) this.recordings.delete(this.recordings.keys().next().value!);
      this.runs++;
    } else this.recordings.delete(key);
    this.recordings.set(key, had);
    return had;
  }

  /** The question as it is, and under each set of interventions (positions count through prompt and answer). */
  async under(
    ask: Ask,
    sets: readonly (readonly Intervention[])[],
    attention: "live" | "frozen" = "live",
  ): Promise<Reading[]> {
    const { recording, basis } = await this.recorded(sequence(ask));
    const texts = recording.ids.map(id => this.tokenizer.token(id));
    const context = { recording, basis, texts, other: (text: string) => this.record(idsFromName(text)) };
    const variants: Variant[] = [];
    for (const interventions of sets)
      variants.push(variantOf(await compile({ interventions, attention }, context), context));
    return this.underVariants(ask, variants);
  }

  /** The same for variants in code. */
  async underVariants(ask: Ask, variants: readonly Variant[]): Promise<Reading[]> {
    const recording = await this.record(sequence(ask));
    const positions = answerPositions(ask);
    const streams = await runVariants(recording, variants, { positions, signal: this.signal });
    this.runs += variants.length;
    return this.readings(
      streams.map(() => ask),
      streams,
    );
  }

  /** Questions as they are, in batches of one length. `seen` is called with each batch's stages. */
  async plain(asks: readonly Ask[], progress?: (done: number) => void): Promise<Reading[]> {
    const results: Reading[] = new Array(asks.length);
    let done = 0;
    for (const batch of this.batches(asks.map(sequence))) {
      const some = batch.map(i => asks[i]!);
      const x = await this.pass(some.map(sequence));
      const { dModel } = this.model.config;
      const tokens = sequence(some[0]!).length;
      const streams = some.map((ask, b) => rowsOf(x, b * tokens, answerPositions(ask), dModel));
      const readings = await this.readings(some, streams);
      for (const [b, i] of batch.entries()) results[i] = readings[b]!;
      progress?.((done += batch.length));
    }
    return results;
  }

  /** [prompt][layer 0 … layers][dModel] the stream entering each layer, and leaving the last, at one position each. */
  async states(prompts: readonly { ids: readonly number[]; position: number }[]): Promise<Float32Array[][]> {
    const { dModel } = this.model.config;
    const results: Float32Array[][] = prompts.map(() => []);
    for (const batch of this.batches(prompts.map(p => p.ids))) {
      const tokens = prompts[batch[0]!]!.ids.length;
      const keep = (x: Float32Array) => {
        for (const [b, i] of batch.entries()) {
          const at = (b * tokens + prompts[i]!.position) * dModel;
          results[i]!.push(x.slice(at, at + dModel));
        }
      };
      keep(
        await this.pass(
          batch.map(i => prompts[i]!.ids),
          { residual: (_layer, x) => keep(x) },
        ),
      );
    }
    return results;
  }

  /** [prompt][layer][dMlp] unit activations at one position each. */
  async units(
    prompts: readonly { ids: readonly number[]; position: number }[],
    progress?: (done: number) => void,
  ): Promise<Float32Array[][]> {
    const { dMlp } = this.model.config;
    const results: Float32Array[][] = prompts.map(() => []);
    let done = 0;
    for (const batch of this.batches(prompts.map(p => p.ids))) {
      const tokens = prompts[batch[0]!]!.ids.length;
      await this.pass(
        batch.map(i => prompts[i]!.ids),
        {
          hidden: (_layer, hidden) => {
            for (const [b, i] of batch.entries()) {
              const at = (b * tokens + prompts[i]!.position) * dMlp;
              results[i]!.push(hidden.slice(at, at + dMlp));
            }
          },
        },
      );
      progress?.((done += batch.length));
    }
    return results;
  }

  /** Mean surprise (nats a token) of texts, each changed by its interventions where there are some. */
  async surprise(ids: readonly number[], sets: readonly (readonly Intervention[])[]): Promise<number[]> {
    const asked: Ask = { ids: ids.slice(0, 1), wanted: ids.slice(1), own: [] };
    const readings = await this.under(asked, sets);
    return readings.map(r => -r.logProbability / (ids.length - 1));
  }

  private async pass(batch: readonly (readonly number[])[], stages?: Stages): Promise<Float32Array<ArrayBuffer>> {
    this.runs += batch.length;
    return forward(this.model, batch, { signal: this.signal, ...(stages ? { stages } : {}) });
  }

  /** Numbers of sequences of one length, together. */
  private batches(sequences: readonly (readonly number[])[]): number[][] {
    const byLength = new Map<number, number[]>();
    sequences.forEach((ids, i) => {
      const had = byLength.get(ids.length);
      if (had) had.push(i);
      else byLength.set(ids.length, [i]);
    });
    return [...byLength].flatMap(([length, numbers]) => {
      const size = Math.max(1, Math.floor(BATCH_TOKENS / length));
      return Array.from({ length: Math.ceil(numbers.length / size) }, (_, i) =>
        numbers.slice(i * size, (i + 1) * size),
      );
    });
  }

  /** Streams [question][answer's tokens, dModel] → readings. */
  private async readings(asks: readonly Ask[], streams: readonly Float32Array[]): Promise<Reading[]> {
    const { dModel, vocabulary } = this.model.config;
    const out: Reading[] = [];
    const most = Math.max(1, Math.floor(LOGIT_FLOATS / vocabulary));
    for (let from = 0; from < asks.length; ) {
      let to = from;
      let rows = 0;
      while (to < asks.length && (to === from || rows + asks[to]!.wanted.length <= most))
        rows += asks[to++]!.wanted.length;
      const x = new Float32Array(rows * dModel);
      let at = 0;
      for (let i = from; i < to; i++) {
        x.set(streams[i]!, at);
        at += streams[i]!.length;
      }
      const logits = await this.model.logits(x);
      let row = 0;
      for (let i = from; i < to; i++) {
        const { wanted } = asks[i]!;
        out.push(
          readingOf(
            asks[i]!,
            wanted.map((_, k) => logits.subarray((row + k) * vocabulary, (row + k + 1) * vocabulary)),
          ),
        );
        row += wanted.length;
      }
      from = to;
    }
    return out;
  }
}

/** Prompt and all of the answer but its last token. */
const sequence = ({ ids, wanted }: Ask): number[] => [...ids, ...wanted.slice(0, -1)];
const answerPositions = ({ ids, wanted }: Ask): number[] => wanted.map((_, k) => ids.length - 1 + k);

/** Swaps name another prompt by its ids, so that nothing is tokenised twice. */
export const nameOfIds = (ids: readonly number[]): string => ids.join(",");
const idsFromName = (name: string): number[] => name.split(",").map(Number);

function rowsOf(x: Float32Array, first: number, positions: readonly number[], dModel: number): Float32Array {
  const out = new Float32Array(positions.length * dModel);
  for (const [i, p] of positions.entries())
    out.set(x.subarray((first + p) * dModel, (first + p + 1) * dModel), i * dModel);
  return out;
}

function readingOf({ wanted, own }: Ask, logits: readonly Float32Array[]): Reading {
  let fork = 0;
  while (fork < wanted.length - 1 && fork < own.length && own[fork] === wanted[fork]) fork++;
  const said: number[] = [];
  let total = 0;
  let sure = 0;
  let right = 0;
  let exact = true;
  let gap = 0;
  wanted.forEach((id, k) => {
    const row = logits[k]!;
    const best = argmax(row);
    const sum = logSum(row, row[best]!);
    const logProbability = row[id]! - sum;
    if (k === 0) sure = Math.exp(row[best]! - sum);
    if (exact) said.push(best);
    if (best === id) right++;
    else exact = false;
    total += logProbability;
    if (k === fork) gap = own[fork] === undefined ? logProbability : row[id]! - row[own[fork]!]!;
  });
  return { exact, gap, logProbability: total, sure, said, right };
}

function logSum(row: Float32Array, top: number): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.exp(row[i]! - top);
  return top + Math.log(sum);
}
