/**
 * A byte-level BPE tokenizer from a GGUF file: an equivalent tokenizer.json is built in memory when the first text comes.
 * Decoding needs only the vocabulary.
 */
import { Problem } from "../../core/problem.ts";
import type { GgufHeader } from "../gguf/header.ts";
import { stringsAt, textAt } from "../gguf/metadata.ts";
import { bytesOfToken, readableToken } from "./byte-level.ts";
import { addedTokens, type GgufVocabulary } from "./gguf-vocabulary.ts";
import { huggingFaceTokenizer } from "./hugging-face.ts";
import { type PreTokenizer, preTokenizerNamed } from "./pre-tokenizers.ts";
import { noToken, remembered, type Tokenizer } from "./tokenizer.ts";

export function ggufByteLevel(header: GgufHeader, vocabulary: GgufVocabulary): Tokenizer {
  const { tokens, bosId, eosIds } = vocabulary;
  const pre = preTokenizerNamed(
    textAt(header, "tokenizer.ggml.pre"),
    textAt(header, "general.architecture") ?? "",
    header.name,
  );
  const added = new Map(addedTokens(vocabulary).map(token => [token.id, token]));
  let made: Tokenizer | undefined;
  const tokenizer = (): Tokenizer =>
    (made ??= huggingFaceTokenizer(tokenizerJson(header, vocabulary, pre), { name: header.name }));
  const has = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < tokens.length;
  const encoder = new TextEncoder();
  return {
    encode: (text, options) => tokenizer().encode(text, options),
    decode(ids) {
      const bytes: number[] = [];
      for (const id of ids) {
        const own = has(id) && !added.has(id) ? bytesOfToken(tokens.at(id)) : undefined;
        for (const byte of own ?? encoder.encode(has(id) ? tokens.at(id) : noToken(id))) bytes.push(byte);
      }
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(bytes));
    },
    token: remembered(id => {
      if (!has(id)) return noToken(id);
      return added.has(id) ? tokens.at(id) : readableToken(tokens.at(id));
    }),
    idOf(text) {
      return tokenizer().idOf(text);
    },
    size: tokens.length,
    bosId,
    eosIds,
    specialIds: new Set([...added.values()].filter(token => token.special).map(token => token.id)),
    chatTemplate: vocabulary.chatTemplate,
  };
}

/** The tokenizer.json that says the same. */
function tokenizerJson(header: GgufHeader, vocabulary: GgufVocabulary, pre: PreTokenizer): object {
  const { tokens, bosId, eosIds } = vocabulary;
  const merges = stringsAt(header, "tokenizer.ggml.merges");
  if (!merges)
    throw new Problem("a byte-level vocabulary without its merges", { where: `in the metadata of ${header.name}` });
  const bos = (vocabulary.addBos ?? pre.addBos ?? false) && bosId !== undefined ? bosId : undefined;
  const eos = vocabulary.addEos ? eosIds[0] : undefined;
  const around = [bos, eos].filter(id => id !== undefined);
  const special = (id: number): object => ({ SpecialToken: { id: tokens.at(id), type_id: 0 } });
  const text = { Sequence: { id: "A", type_id: 0 } };
  return {
    added_tokens: addedTokens(vocabulary).map(token => ({
      id: token.id,
      content: token.text,
      special: token.special,
      normalized: false,
      single_word: false,
      lstrip: false,
      rstrip: false,
    })),
    normalizer: pre.normalizer ?? null,
    pre_tokenizer: pre.preTokenizer,
    post_processor: {
      type: "TemplateProcessing",
      single: [...(bos === undefined ? [] : [special(bos)]), text, ...(eos === undefined ? [] : [special(eos)])],
      pair: [text, { Sequence: { id: "B", type_id: 1 } }],
      special_tokens: Object.fromEntries(
        around.map(id => [tokens.at(id), { id: tokens.at(id), ids: [id], tokens: [tokens.at(id)] }]),
      ),
    },
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      vocab: Object.fromEntries(tokens.toArray().map((token, id) => [token, id])),
      merges: merges.toArray(),
      ignore_merges: pre.ignoreMerges ?? false,
      unk_token: null,
      byte_fallback: false,
      fuse_unk: false,
    },
  };
}
