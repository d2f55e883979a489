/**
 * What could stand in a word's place: words of the same sort and of as many tokens that the model itself expects there,
 * and, for a word of one token, those that it says alike. Pieces that are no whole word are left out where the model
 * itself would go on with the word.
 */
import type { Tokenizer } from "../../formats/tokenizer/tokenizer.ts";
import { forward } from "../../models/forward.ts";
import { softmax } from "../../models/generate.ts";
import type { Model } from "../../models/model.ts";
import { continues, sortOf, type Word } from "./words.ts";

export interface Alternative {
  readonly word: Word;
  readonly ids: readonly number[];
  /** Log-probability of the new word in its place less that of the old one. */
  readonly surprise: number;
  /** Cosine of the two words' unembedding rows; of words of several tokens, whose pieces say nothing, a middling one. */
  readonly likeness: number;
}

export interface Asking {
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  readonly ids: readonly number[];
  /** [vocabulary] the model's logits at the positions before each of the word's tokens. */
  readonly logits: ReadonlyMap<number, Float32Array>;
  readonly signal?: AbortSignal | undefined;
}

/** Words of one sort that share a place are about as like as this. */
const SPELLED = 0.5;

/** As many as `count` for one word, likely ones first. `like`: [vocabulary] cosines with the word's first token. */
export async function alternativesOf(
  asking: Asking,
  word: Word,
  like: Float32Array,
  count: number,
): Promise<Alternative[]> {
  const { tokenizer, ids, logits } = asking;
  const at = (position: number) => softmax(logits.get(position)!);
  const expected = word.start > 0 ? at(word.start - 1) : undefined;
  const first = ids[word.start]!;
  const length = word.end - word.start;
  const own = [...Array(length).keys()].reduce(
    (sum, i) => sum + (word.start + i > 0 ? Math.log(at(word.start + i - 1)[ids[word.start + i]!]! + 1e-9) : 0),
    0,
  );
  const fits = (id: number): boolean => {
    if (id === first || tokenizer.specialIds.has(id)) return false;
    const text = tokenizer.token(id);
    if (sortOf(text) !== word.sort) return false;
    const bare = text.trim();
    if (word.sort.endsWith("number")) return bare.length === word.text.length;
    // A word of one or two letters is more often a splinter.
    return length > 1 || (bare.length > 2 && bare.toLowerCase() !== word.text.toLowerCase());
  };
  if (length > 1) {
    const beginnings = expected ? take(expected, fits, count * 3) : [];
    return longer(
      asking,
      word,
      own,
      beginnings.map(id => ({ ids: [id], chance: Math.log(expected![id]! + 1e-9) })),
    );
  }
  const chosen = new Set(expected ? take(expected, fits, count) : []);
  for (const id of take(like, fits, count)) chosen.add(id);
  return [...chosen].map(id => ({
    word,
    ids: [id],
    surprise: expected ? Math.log(expected[id]! + 1e-9) - own : 0,
    likeness: like[id]!,
  }));
}

/** Words of several tokens: beginnings that are expected, each gone on with as the model would go on. */
async function longer(
  { model, tokenizer, ids, signal }: Asking,
  word: Word,
  own: number,
  beginnings: readonly { readonly ids: readonly number[]; readonly chance: number }[],
): Promise<Alternative[]> {
  const { vocabulary, dModel } = model.config;
  const before = ids.slice(0, word.start);
  let open = [...beginnings];
  for (let step = 0; step < word.end - word.start && open.length > 0; step++) {
    const prompts = open.map(one => [...before, ...one.ids]);
    const x = await forward(model, prompts, { signal });
    const rows = prompts[0]!.length;
    const last = new Float32Array(prompts.length * dModel);
    prompts.forEach((_, b) => {
      last.set(x.subarray(((b + 1) * rows - 1) * dModel, (b + 1) * rows * dModel), b * dModel);
    });
    const logits = await model.logits(last);
    const whole = step === word.end - word.start - 1;
    open = open.flatMap((one, b) => {
      const p = softmax(logits.subarray(b * vocabulary, (b + 1) * vocabulary));
      const best = p.indexOf(p.reduce((a, v) => Math.max(a, v), 0));
      const goesOn = continues(tokenizer.token(best));
      // All pieces are there: the word must be done, and before that it must go on.
      if (whole) return goesOn ? [] : [one];
      return goesOn ? [{ ids: [...one.ids, best], chance: one.chance + Math.log(p[best]! + 1e-9) }] : [];
    });
  }
  return open
    .filter(one => one.ids.some((id, i) => id !== ids[word.start + i]))
    .map(one => ({ word, ids: one.ids, surprise: one.chance - own, likeness: SPELLED }));
}

/** The `most` best ids that fit, among the 2,000 best of all. */
function take(by: Float32Array | Float64Array, fits: (id: number) => boolean, most: number): number[] {
  // Sorting numbers costs a fraction of sorting a vocabulary's ids by them.
  const least = by.slice().sort()[Math.max(0, by.length - 2000)]!;
  const order: number[] = [];
  by.forEach((value, id) => {
    if (value >= least) order.push(id);
  });
  order.sort((a, b) => by[b]! - by[a]! || a - b);
  const chosen: number[] = [];
  for (const id of order) {
    if (chosen.length >= most) break;
    if (fits(id)) chosen.push(id);
  }
  return chosen;
}
