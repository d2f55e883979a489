/**
 * The tokenizer inside a GGUF file, chosen by `tokenizer.ggml.model`.
 */
import { Problem } from "../../core/problem.ts";
import type { GgufHeader } from "../gguf/header.ts";
import { textAt } from "../gguf/metadata.ts";
import { ggufByteLevel } from "./gguf-byte-level.ts";
import { ggufSentencePiece } from "./gguf-sentence-piece.ts";
import { ggufVocabulary } from "./gguf-vocabulary.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Throws a Problem for a vocabulary that is missing, of another kind, or inconsistent. Large tables are made at first use. */
export function ggufTokenizer(header: GgufHeader): Tokenizer {
  const model = textAt(header, "tokenizer.ggml.model");
  const vocabulary = ggufVocabulary(header);
  if (model === "gpt2") return ggufByteLevel(header, vocabulary);
  if (model === "llama") return ggufSentencePiece(header, vocabulary);
  throw new Problem(
    `the tokenizer is of the kind ${JSON.stringify(model ?? "none")}; Lucida reads "gpt2" and "llama"`,
    {
      where: `at tokenizer.ggml.model in the metadata of ${header.name}`,
      advice: "--ids instead of a prompt",
    },
  );
}
