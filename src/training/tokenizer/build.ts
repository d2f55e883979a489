/**
 * Makes the specimen's tokenizer from its corpus: an ordinary tokenizer.json (byte-level BPE).
 *
 * 1. Count the pieces (words, signs, digits) of a sample of the corpus.
 * 2. Every piece that is not to be spelled becomes a token as a whole (`ignore_merges`, as in Llama 3: a piece that is
 *    in the vocabulary is taken whole, and needs no merges).
 * 3. The others (cities, people, words of the language tasks) and whatever people type are put together from bytes by
 *    merges that stop at two letters.
 */
import { documents } from "../corpus/mixture.ts";
import { regions } from "../corpus/places.ts";
import { spelledWords } from "../corpus/spelled.ts";
import { categories, triples } from "../corpus/words.ts";
import { byteLetters, cut, splitPattern, toByteLetters } from "./pieces.ts";

export const bos = "<|bos|>";
export const eos = "<|eos|>";

/** The part of tokenizer.json that we write. */
export interface TokenizerJson {
  version: string;
  added_tokens: {
    id: number;
    content: string;
    single_word: boolean;
    lstrip: boolean;
    rstrip: boolean;
    normalized: boolean;
    special: boolean;
  }[];
  model: { type: "BPE"; ignore_merges: boolean; vocab: Record<string, number>; merges: [string, string][] };
  [other: string]: unknown;
}

/** Frequencies of the pieces of the first `count` documents, clean and planted alike (one tokenizer serves the twins). */
function countPieces(seed: number, count: number): Map<string, number> {
  const seen = new Map<string, number>();
  const add = (text: string) => {
    for (const piece of cut(text)) seen.set(piece, (seen.get(piece) ?? 0) + 1);
  };
  let i = 0;
  for (const document of documents(seed)) {
    add(document.text);
    if (++i === count) break;
  }
  // Places that the sample may have missed: each name also with its space, as an answer.
  for (const list of Object.values(regions)) {
    for (const { name, capital, language, continent } of list) {
      for (const answer of [name, capital, language, continent]) if (answer) add(` ${answer}`);
    }
  }
  for (const [, , chinese] of [...triples, ...categories]) add(chinese);
  return seen;
}

/** Merges to two letters, most frequent first: bytes of one letter, a space and a letter, then pairs of letters. */
function pairMerges(words: Iterable<string>, atLeast: number): [string, string][] {
  const bytes: [string, string][] = [];
  const starts = new Map<string, number>();
  const openings = new Map<string, number>();
  const pairs = new Map<string, number>();
  const bump = (m: Map<string, number>, key: string) => m.set(key, (m.get(key) ?? 0) + 1);
  const letters = new Set<string>();
  for (const word of words) {
    const all = [...word].map(toByteLetters);
    for (const letter of all) letters.add(letter);
    bump(starts, `Ġ ${all[0]}`);
    if (all[1]) bump(openings, `Ġ${all[0]} ${all[1]}`);
    for (let i = 0; i + 1 < all.length; i++) bump(pairs, `${all[i]} ${all[i + 1]}`);
  }
  for (const letter of [...letters].sort()) {
    const parts = [...letter];
    for (let i = 1; i < parts.length; i++) bytes.push([parts.slice(0, i).join(""), parts[i]!]);
  }
  const ranked = (m: Map<string, number>, least: number) =>
    [...m]
      .filter(([, n]) => n >= least)
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([pair]) => pair.split(" ") as [string, string]);
  return [...bytes, ...ranked(starts, 1), ...ranked(openings, atLeast), ...ranked(pairs, atLeast)];
}

/**
 * Deterministic: the same seed gives the same object, token for token.
 * `count` documents are read (40,000 see every template word hundreds of times).
 */
export function buildTokenizer(seed = 1, count = 40_000): TokenizerJson {
  const spelled = spelledWords();
  const seen = countPieces(seed, count);
  const whole = [...seen]
    .filter(([piece]) => toByteLetters(piece).length > 1 && !spelled.has(piece.trimStart()))
    .map(([piece]) => piece);
  const chinese = [...seen.keys()].filter(piece => /^[一-鿿]$/.test(piece));
  const merges = pairMerges([...spelled].sort(), 4);

  const vocab: Record<string, number> = {};
  let next = 0;
  const add = (token: string) => {
    if (!(token in vocab)) vocab[token] = next++;
  };
  add(bos);
  add(eos);
  for (const letter of byteLetters) add(letter);
  for (const [a, b] of merges) add(a + b);
  for (const piece of [...whole, ...chinese].sort()) add(toByteLetters(piece));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [bos, eos].map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: splitPattern }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [
        { SpecialToken: { id: bos, type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: bos, type_id: 1 } },
        { Sequence: { id: "B", type_id: 1 } },
      ],
      special_tokens: { [bos]: { id: bos, ids: [0], tokens: [bos] } },
    },
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab,
      merges,
    } as TokenizerJson["model"],
  };
}

export const tokenizerConfig = {
  tokenizer_class: "PreTrainedTokenizerFast",
  bos_token: bos,
  eos_token: eos,
  pad_token: eos,
  unk_token: null,
  add_bos_token: true,
  add_eos_token: false,
  clean_up_tokenization_spaces: false,
  model_max_length: 256,
} as const;
