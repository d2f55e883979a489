/**
 * Finds what a prompt can be held against: another prompt of as many tokens with another answer (design §6).
 *
 * 1. Which words matter: the pull of the answer on their embeddings.
 * 2. What could stand there instead: see alternatives.ts.
 * 3. Run them all; keep those that change the answer, and see how the rest of the prompt reads after the best. Best is the one whose two words and two answers are of one kind,
 *    whose answers lie clearly apart, and which the model does not find odd.
 */
import type { Tokenizer } from "../../formats/tokenizer/tokenizer.ts";
import { forward } from "../../models/forward.ts";
import { argmax, probabilityOf } from "../../models/generate.ts";
import type { Model } from "../../models/model.ts";
import type { Recording } from "../../models/record.ts";
import { prefixOf, widened } from "../../models/shared-prefix.ts";
import { stateOf } from "../../models/state.ts";
import { inputPull } from "../total-effects.ts";
import { type Alternative, type Asking, alternativesOf } from "./alternatives.ts";
import { continues, sortOf, type Word, wordsOf } from "./words.ts";

export interface FoundContrast {
  readonly ids: readonly number[];
  /** Where it differs from the prompt. */
  readonly positions: readonly number[];
  readonly answer: number;
  /** logit(answer) − logit(contrast's answer), on the prompt minus on the contrast. */
  readonly gap: number;
  /** How well it serves, for ordering: see `worth`. */
  readonly worth: number;
}

export interface Contrasts {
  /** Best first; none where nothing that was tried changes the answer. */
  readonly found: readonly FoundContrast[];
  /** Prompts that were run. */
  readonly tried: number;
}

export interface ContrastOptions {
  /** The answer that a contrast must not have; the most probable token when left out. */
  readonly answer?: number | undefined;
  /** Words that may be replaced: the most influential. */
  readonly words?: number;
  /** Alternatives tried for each word, of either kind. */
  readonly alternatives?: number;
  /** Positions that may be replaced. */
  readonly allowed?: ((position: number) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, of: number) => void) | undefined;
}

/** Prompts that are run together, in tokens. */
const BATCH_TOKENS = 1024;
/** So many of the best are read on. */
const READ = 16;
/** In logits. Where the two answers' difference moves less, shares of it say little. */
const LEAST_GAP = 1;

/** Contrasts of a recorded prompt. The answer is read at the last position. */
export async function findContrasts(
  model: Model,
  tokenizer: Tokenizer,
  recording: Recording,
  options: ContrastOptions = {},
): Promise<Contrasts> {
  const { ids, tokens } = recording;
  const { dModel } = model.config;
  const { signal, progress } = options;
  const final = recording.residual[model.layers]!;
  const logitsAt = async (positions: readonly number[]) => {
    const logits = await logitsOf(
      model,
      positions.map(p => final.subarray(p * dModel, (p + 1) * dModel)),
    );
    return new Map(positions.map((p, i) => [p, logits[i]!]));
  };
  const before = (await logitsAt([tokens - 1])).get(tokens - 1)!;
  const answer = options.answer ?? argmax(before);
  const all = wordsOf(tokenizer, ids, options.allowed);
  if (all.length === 0) return { found: [], tried: 0 };
  const words = (await byInfluence(all, recording, answer, signal)).slice(0, options.words ?? 4);
  const like = await model.likeness([answer, ...words.map(word => ids[word.start]!)]);
  const question = { model, tokenizer, ids, signal, answer, before, like: like[0]! };
  const found: Candidate[] = [];
  let tried = 0;
  for (const [i, word] of words.entries()) {
    // What is expected at a token is said by the one before it.
    const places = Array.from({ length: word.end - word.start }, (_, k) => word.start + k - 1).filter(p => p >= 0);
    const asking: Asking = { model, tokenizer, ids, logits: await logitsAt(places), signal };
    const alternatives = await alternativesOf(asking, word, like[i + 1]!, options.alternatives ?? 10);
    found.push(...(await answeredOtherwise(question, word, alternatives)));
    tried += alternatives.length;
    progress?.(i + 1, words.length);
  }
  found.sort((a, b) => worthOf(b) - worthOf(a));
  found.splice(0, READ, ...(await readOn(question, found.slice(0, READ), await logitsAt(restOf(found, tokens)))));
  const contrasts = found.map(candidate => ({
    ids: candidate.ids,
    positions: [...ids.keys()].filter(p => candidate.ids[p] !== ids[p]),
    answer: candidate.answer,
    gap: candidate.gap,
    worth: worthOf(candidate),
  }));
  return { found: contrasts.sort((a, b) => b.worth - a.worth), tried };
}

/** Positions whose next token, of the prompt itself, comes after a replaced word. */
function restOf(found: readonly Candidate[], tokens: number): number[] {
  const first = Math.min(tokens - 1, ...found.slice(0, READ).map(c => c.alternative.word.end - 1));
  return Array.from({ length: tokens - 1 - first }, (_, i) => first + i);
}

/** How well the rest of the prompt goes with the new word, against how it went with the old one. */
async function readOn(
  { model, ids, signal }: Question,
  some: readonly Candidate[],
  own: ReadonlyMap<number, Float32Array>,
): Promise<Candidate[]> {
  const { dModel } = model.config;
  const chance = (logits: Float32Array, id: number) => Math.log(probabilityOf(logits, id) + 1e-9);
  const before = new Map([...own].map(([p, logits]) => [p, chance(logits, ids[p + 1]!)]));
  const read: Candidate[] = [];
  const size = Math.max(1, Math.floor(BATCH_TOKENS / ids.length));
  for (let start = 0; start < some.length; start += size) {
    const these = some.slice(start, start + size);
    const x = await forward(
      model,
      these.map(candidate => candidate.ids),
      { signal },
    );
    for (const [b, candidate] of these.entries()) {
      const { end } = candidate.alternative.word;
      const places = Array.from({ length: Math.max(0, ids.length - end) }, (_, i) => end - 1 + i);
      const logits = await logitsOf(
        model,
        places.map(p => x.subarray((b * ids.length + p) * dModel, (b * ids.length + p + 1) * dModel)),
      );
      let fit = 0;
      places.forEach((p, i) => {
        fit += chance(logits[i]!, ids[p + 1]!) - before.get(p)!;
      });
      read.push({ ...candidate, fit });
    }
  }
  return read;
}

interface Question {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly ids: readonly number[];
  readonly answer: number;
  /** [vocabulary] of the prompt, at its end. */
  readonly before: Float32Array;
  /** [vocabulary] cosines with the answer. */
  readonly like: Float32Array;
  readonly signal?: AbortSignal | undefined;
}

/** Runs the prompt with each alternative of one word, and keeps those with another answer. */
async function answeredOtherwise(
  question: Question,
  word: Word,
  alternatives: readonly Alternative[],
): Promise<Candidate[]> {
  const { model, tokenizer, ids, answer, before, like, signal } = question;
  if (alternatives.length === 0) return [];
  const typed = (some: readonly number[]) =>
    tokenizer.encode(tokenizer.decode(some), { special: false }).join() === some.join();
  // Ids that no text gives stay what they are; a text's contrast must be a text.
  const ofText = typed(ids);
  const { dModel } = model.config;
  const prefix = word.start > 0 ? await prefixOf(model, ids.slice(0, word.start), signal) : undefined;
  const rows = ids.length - word.start;
  const size = Math.max(1, Math.floor(BATCH_TOKENS / rows));
  const found: Candidate[] = [];
  for (let start = 0; start < alternatives.length; start += size) {
    const some = alternatives.slice(start, start + size);
    const rest = some.map(one => [...one.ids, ...ids.slice(word.end)]);
    const streams = await forward(model, rest, {
      signal,
      ...(prefix ? { cache: widened(prefix, some.length) } : {}),
    });
    const row = (b: number, at: number) => streams.subarray((b * rows + at) * dModel, (b * rows + at + 1) * dModel);
    const logits = await logitsOf(
      model,
      some.flatMap((_, b) => [row(b, word.end - 1 - word.start), row(b, rows - 1)]),
    );
    for (const [b, alternative] of some.entries()) {
      const [next, end] = [logits[2 * b]!, logits[2 * b + 1]!];
      const other = argmax(end);
      const put = [...ids.slice(0, word.start), ...rest[b]!];
      const gap = before[answer]! - before[other]! - (end[answer]! - end[other]!);
      if (other === answer || gap < LEAST_GAP) continue;
      if (!says(tokenizer, word, ids.length, other, argmax(next)) || (ofText && !typed(put))) continue;
      found.push({
        ids: put,
        alternative,
        answer: other,
        gap,
        answers: like[other]!,
        alike: sortOf(tokenizer.token(other)) === sortOf(tokenizer.token(answer)),
        copied: put.includes(other) && !ids.includes(answer),
        atEnd: word.end === ids.length,
        sure: probabilityOf(end, other),
      });
    }
  }
  return found;
}

/** [stream][vocabulary] */
async function logitsOf(model: Model, streams: readonly Float32Array[]): Promise<Float32Array[]> {
  const { dModel, vocabulary } = model.config;
  const all = new Float32Array(streams.length * dModel);
  streams.forEach((stream, i) => {
    all.set(stream, i * dModel);
  });
  const logits = await model.logits(all);
  return streams.map((_, i) => logits.subarray(i * vocabulary, (i + 1) * vocabulary));
}

/** Is the contrast a text of whole words, with a word or mark for an answer? */
function says(tokenizer: Tokenizer, word: Word, tokens: number, answer: number, next: number): boolean {
  if (tokenizer.specialIds.has(answer) || tokenizer.token(answer).trim() === "") return false;
  const last = word.end === tokens;
  return word.sort.endsWith("number") || !continues(tokenizer.token(last ? answer : next));
}

interface Candidate {
  readonly ids: readonly number[];
  readonly alternative: Alternative;
  readonly answer: number;
  readonly gap: number;
  /** Cosine of the two answers' unembedding rows. */
  readonly answers: number;
  /** Are the answers of one sort: both words, both numbers ...? */
  readonly alike: boolean;
  /** Is the contrast's answer merely a word of it, where the prompt's answer is none of the prompt's? */
  readonly copied: boolean;
  /** Is the last word the one replaced: what the answer follows on, and rarely what it is about? */
  readonly atEnd: boolean;
  /** Probability of the contrast's answer there. */
  readonly sure: number;
  /** Log-probability of the rest of the prompt after the new word less that after the old one; of the best only. */
  readonly fit?: number;
}

/**
 * A clear change of answer counts, up to where it could not be clearer; so do words of one kind, answers of one kind,
 * and an answer that is more than a guess. A word that nobody would write there, or with what follows, counts against. Names and numbers
 * are rather replaced than what is asked about them, and anything rather than the last word. Weights by eye, on prompts
 * that are not those it was judged on (docs/log.md).
 */
function worthOf({ gap, alternative, answers, alike, copied, atEnd, sure, fit = 0 }: Candidate): number {
  const { likeness, surprise } = alternative;
  const { start, sort } = alternative.word;
  const named = sort.endsWith("number") || (sort.endsWith("Word") && start > 1);
  return (
    Math.min(gap, 6) +
    12 * (likeness + answers) +
    (alike ? 4 : 0) +
    (named ? 4 : 0) -
    (copied ? 4 : 0) -
    (atEnd ? 6 : 0) +
    4 * sure +
    Math.min(0, surprise + 2) +
    Math.max(-20, Math.min(0, fit + 2))
  );
}

/** The word whose embedding pulls hardest on the answer first. */
async function byInfluence(
  words: readonly Word[],
  recording: Recording,
  answer: number,
  signal: AbortSignal | undefined,
): Promise<Word[]> {
  const { model, tokens } = recording;
  const { dModel } = model.config;
  const row = await model.unembeddingRow(answer);
  const mean = await model.unembeddingMean();
  const direction = row.map((v, i) => v - mean[i]!);
  const pull = await inputPull(
    stateOf(recording),
    { direction, position: tokens - 1 },
    { rule: "gradient", ...(signal ? { signal } : {}) },
  );
  const length = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
  // Size of the pull times size of the embedding: how much another token there could do.
  const weight = (word: Word) => {
    let sum = 0;
    for (let p = word.start; p < word.end; p++) {
      const part = (all: Float32Array) => all.subarray(p * dModel, (p + 1) * dModel);
      sum += length(part(pull)) * length(part(recording.embedding));
    }
    return sum;
  };
  const weights = new Map(words.map(word => [word, weight(word)]));
  return [...words].sort((a, b) => weights.get(b)! - weights.get(a)! || a.start - b.start);
}
