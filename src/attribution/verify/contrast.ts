/**
 * Finds what a prompt can be held against: another prompt of as many tokens with another answer (design §6).
 *
 * 1. Which tokens matter: the pull of the answer on each embedding.
 * 2. What could stand there instead: tokens of the same kind that lie near in the embedding, and those that the model
 *    itself expects at that place.
 * 3. Run them all; keep those that change the answer, and take the one whose two answers lie farthest apart while the
 *    new prompt is no more surprising to the model than it must be.
 */
import type { Tokenizer } from "../../formats/tokenizer/tokenizer.ts";
import { forward } from "../../models/forward.ts";
import { argmax, softmax } from "../../models/generate.ts";
import type { Model } from "../../models/model.ts";
import type { Recording } from "../../models/record.ts";
import { stateOf } from "../../models/state.ts";
import { inputPull } from "../total-effects.ts";

export interface FoundContrast {
  readonly ids: readonly number[];
  /** Where it differs from the prompt. */
  readonly positions: readonly number[];
  readonly answer: number;
  /** logit(answer) − logit(contrast's answer), on the prompt minus on the contrast. */
  readonly gap: number;
  /** Why it was chosen: log-probability of the new token against that of the old one, in that place. */
  readonly surprise: number;
  /** Cosine of the two tokens' embeddings. */
  readonly likeness: number;
}

export interface ContrastOptions {
  /** Tokens that may be replaced: the most influential. */
  readonly places?: number;
  /** Alternatives tried in each place. */
  readonly alternatives?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Contrasts that change the answer, best first; none where nothing that was tried changes it. */
export async function findContrasts(
  model: Model,
  tokenizer: Tokenizer,
  recording: Recording,
  options: ContrastOptions = {},
): Promise<FoundContrast[]> {
  const { ids, tokens } = recording;
  const { dModel, vocabulary } = model.config;
  const logits = await model.logits(recording.residual[model.layers]!);
  const at = (all: Float32Array, row: number) => all.subarray(row * vocabulary, (row + 1) * vocabulary);
  const answer = argmax(at(logits, tokens - 1));
  const places = (await influentialPlaces(model, tokenizer, recording, answer)).slice(0, options.places ?? 3);
  const likeness = await cosines(
    model,
    places.map(position => ids[position]!),
  );
  const candidates: { position: number; id: number; surprise: number; likeness: number }[] = [];
  places.forEach((position, i) => {
    const expected = position > 0 ? softmax(at(logits, position - 1)) : undefined;
    const like = likeness[i]!;
    for (const id of alternatives(tokenizer, ids[position]!, like, expected, options.alternatives ?? 16)) {
      const surprise = expected ? Math.log((expected[id]! + 1e-9) / (expected[ids[position]!]! + 1e-9)) : 0;
      candidates.push({ position, id, surprise, likeness: like[id]! });
    }
  });
  const found: FoundContrast[] = [];
  const before = at(logits, tokens - 1);
  const size = Math.max(1, Math.floor(1024 / tokens));
  for (let start = 0; start < candidates.length; start += size) {
    const some = candidates.slice(start, start + size);
    const prompts = some.map(({ position, id }) => ids.map((old, i) => (i === position ? id : old)));
    const x = await forward(model, prompts, { signal: options.signal });
    const last = new Float32Array(some.length * dModel);
    some.forEach((_, b) => {
      const from = ((b + 1) * tokens - 1) * dModel;
      last.set(x.subarray(from, from + dModel), b * dModel);
    });
    const after = await model.logits(last);
    some.forEach(({ position, surprise, likeness }, b) => {
      const mine = at(after, b);
      const other = argmax(mine);
      if (other === answer) return;
      const gap = before[answer]! - before[other]! - (mine[answer]! - mine[other]!);
      found.push({ ids: prompts[b]!, positions: [position], answer: other, gap, surprise, likeness });
    });
  }
  // A clear change of answer counts, up to where it could not be clearer; so does a token of the same kind, and one
  // that nobody would write there counts against. Weights by eye, over 15 prompts on SmolLM2: a guess, not a measurement.
  const worth = (c: FoundContrast) => Math.min(c.gap, 12) + 20 * c.likeness + Math.min(0, c.surprise + 2);
  return found.sort((a, b) => worth(b) - worth(a));
}

/** Positions of content tokens, the one whose embedding pulls hardest on the answer first. */
async function influentialPlaces(
  model: Model,
  tokenizer: Tokenizer,
  recording: Recording,
  answer: number,
): Promise<number[]> {
  const { dModel } = model.config;
  const row = await model.unembeddingRow(answer);
  const mean = await model.unembeddingMean();
  const direction = row.map((v, i) => v - mean[i]!);
  const pull = await inputPull(stateOf(recording), { direction, position: recording.tokens - 1 }, { rule: "gradient" });
  const weight = (position: number) => {
    // Size of the pull times size of the embedding: how much another token there could do.
    const part = (all: Float32Array) => all.subarray(position * dModel, (position + 1) * dModel);
    return Math.hypot(...part(pull)) * Math.hypot(...part(recording.embedding));
  };
  return [...recording.ids.keys()]
    .filter(position => kindOf(tokenizer, recording.ids[position]!) !== "other")
    .map(position => ({ position, weight: weight(position) }))
    .sort((a, b) => b.weight - a.weight || a.position - b.position)
    .map(p => p.position);
}

type Kind = "word" | "Word" | " word" | " Word" | "number" | " number" | "other";

const functionWords = new Set(
  "a an the of to in on at is are was were be been and or but not it its that this with for from by as he she they his her their who which what where when than then so if do does did has have had will would can could i you we".split(
    " ",
  ),
);

/** What sort of token it is: alternatives are of the same. Special tokens, marks and function words are not replaced. */
function kindOf(tokenizer: Tokenizer, id: number): Kind {
  if (tokenizer.specialIds.has(id)) return "other";
  const text = tokenizer.token(id);
  const bare = text.trim();
  const space = text.startsWith(" ") ? " " : "";
  if (/^\d+$/.test(bare)) return `${space}number`;
  if (!/^\p{L}[\p{L}'’]*$/u.test(bare) || functionWords.has(bare.toLowerCase())) return "other";
  return /^\p{Lu}/u.test(bare) ? `${space}Word` : `${space}word`;
}

/** Half of them the nearest in the embedding, half what the model expects there, of the same kind as `id`. */
function alternatives(
  tokenizer: Tokenizer,
  id: number,
  likeness: Float32Array,
  expected: Float64Array | undefined,
  count: number,
): number[] {
  const kind = kindOf(tokenizer, id);
  const word = tokenizer.token(id).trim().toLowerCase();
  const fits = (other: number) => {
    if (other === id || kindOf(tokenizer, other) !== kind) return false;
    const text = tokenizer.token(other).trim().toLowerCase();
    // Not the same word in another form, and not a splinter of one.
    if (kind.endsWith("number")) return text.length === word.length;
    return text.length > 2 && !text.startsWith(word) && !word.startsWith(text);
  };
  const chosen = new Set<number>();
  const take = (by: ArrayLike<number>, most: number) => {
    const order = Array.from(likeness.keys()).sort((a, b) => by[b]! - by[a]! || a - b);
    for (const other of order.slice(0, 2000)) {
      if (chosen.size >= most) return;
      if (fits(other)) chosen.add(other);
    }
  };
  take(likeness, count / 2);
  if (expected) take(expected, count);
  return [...chosen];
}

/** [id][vocabulary] cosines of embeddings, in one pass over the table. */
async function cosines(model: Model, ids: readonly number[]): Promise<Float32Array[]> {
  const { vocabulary, dModel } = model.config;
  const table = model.config.family.weights.embedding;
  const own: Float32Array[] = [];
  for (const id of ids) {
    const row = (await model.reader.rows(table, id, id + 1)).slice();
    const length = Math.hypot(...row) || 1;
    own.push(row.map(v => v / length));
  }
  const out = ids.map(() => new Float32Array(vocabulary));
  for (let start = 0; start < vocabulary; start += 8192) {
    const end = Math.min(vocabulary, start + 8192);
    const rows = await model.reader.rows(table, start, end);
    for (let other = start; other < end; other++) {
      const row = rows.subarray((other - start) * dModel, (other - start + 1) * dModel);
      let size = 0;
      for (let i = 0; i < dModel; i++) size += row[i]! * row[i]!;
      own.forEach((mine, k) => {
        let dot = 0;
        for (let i = 0; i < dModel; i++) dot += mine[i]! * row[i]!;
        out[k]![other] = size > 0 ? dot / Math.sqrt(size) : -1;
      });
    }
  }
  return out;
}
