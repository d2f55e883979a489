/**
 * A SentencePiece-style tokenizer from a GGUF file: "▁" for a space, scores that order the merges, bytes for what has no token.
 * (Llama 1 and 2, Mistral, Gemma.) The table from text to id is made when the first text comes.
 */
import { Problem } from "../../core/problem.ts";
import type { GgufHeader } from "../gguf/header.ts";
import { numbersAt } from "../gguf/metadata.ts";
import { AddedTokens } from "./added-tokens.ts";
import { addedTokens, type GgufVocabulary, isSpecial, kind } from "./gguf-vocabulary.ts";
import { metaspace } from "./hugging-face.ts";
import { type ScoredVocabulary, scoreMerge } from "./score-merge.ts";
import { noToken, type Tokenizer } from "./tokenizer.ts";

export function ggufSentencePiece(header: GgufHeader, vocabulary: GgufVocabulary): Tokenizer {
  const { tokens, bosId, eosIds, kindOf } = vocabulary;
  const scores = numbersAt(header, "tokenizer.ggml.scores");
  if (!scores || scores.length !== tokens.length)
    throw new Problem(`${scores?.length ?? 0} scores for ${tokens.length} tokens`, {
      where: `in the metadata of ${header.name}`,
    });
  const prefixed = vocabulary.addSpacePrefix ?? true;
  const special = new Set<number>();
  const byteIds = new Map<number, number>();
  for (let id = 0; id < tokens.length; id++) {
    const is = kindOf(id);
    if (isSpecial(is)) special.add(id);
    else if (is === kind.byte) {
      const byte = /^<0x([0-9A-F]{2})>$/.exec(tokens.at(id));
      if (byte) byteIds.set(Number.parseInt(byte[1]!, 16), id);
    }
  }
  const byteOf = new Map([...byteIds].map(([byte, id]) => [id, byte]));
  const has = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < tokens.length;

  let made: { ids: Map<string, number>; added: AddedTokens; scored: ScoredVocabulary } | undefined;
  const tables = (): NonNullable<typeof made> => {
    if (made) return made;
    const ids = new Map<string, number>();
    for (let id = tokens.length - 1; id >= 0; id--) ids.set(tokens.at(id), id); // the first of two equals wins
    made = {
      ids,
      // SentencePiece writes spaces as "▁" before it looks for these: a run of both is one token.
      added: new AddedTokens(addedTokens(vocabulary).map(({ text, id }) => [metaspace.write(text), id] as const)),
      scored: {
        idOf: text => ids.get(text),
        scoreOf: id => scores[id]!,
        byteId: byte => byteIds.get(byte),
        unknownId: vocabulary.unknownId,
      },
    };
    return made;
  };

  return {
    encode(text, { special: around = true } = {}) {
      const { added, scored } = tables();
      const ids: number[] = [];
      // SentencePiece files put BOS in front unless they say otherwise.
      if (around && (vocabulary.addBos ?? true) && bosId !== undefined) ids.push(bosId);
      let afterSpecial = true;
      for (const piece of added.split(metaspace.write(text))) {
        if ("id" in piece) {
          ids.push(piece.id);
          afterSpecial = special.has(piece.id);
          continue;
        }
        const spaced = prefixed && afterSpecial ? "▁" + piece.text : piece.text;
        for (const id of scoreMerge(spaced, scored)) ids.push(id);
        afterSpecial = false;
      }
      if (around && vocabulary.addEos && eosIds[0] !== undefined) ids.push(eosIds[0]);
      return ids;
    },
    decode(ids) {
      const encoder = new TextEncoder();
      const bytes: number[] = [];
      for (const id of ids) {
        const byte = byteOf.get(id);
        if (byte !== undefined) bytes.push(byte);
        else
          for (const one of encoder.encode(has(id) ? tokens.at(id).replaceAll("▁", " ") : noToken(id))) bytes.push(one);
      }
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(bytes));
      return prefixed && text.startsWith(" ") ? text.slice(1) : text;
    },
    token: id => (has(id) ? metaspace.read(tokens.at(id)) : noToken(id)),
    idOf(text) {
      const { ids } = tables();
      return (
        ids.get(metaspace.write(text)) ??
        ids.get(text) ??
        (text.length === 1 ? byteIds.get(text.charCodeAt(0)) : undefined)
      );
    },
    size: tokens.length,
    bosId,
    eosIds,
    specialIds: special,
    chatTemplate: vocabulary.chatTemplate,
  };
}
