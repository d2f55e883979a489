/**
 * The vocabulary in a GGUF file's metadata: texts, kinds, scores and the ids with a role.
 * Knows nothing of how text is cut and merged.
 */
import { Problem } from "../../core/problem.ts";
import type { GgufHeader } from "../gguf/header.ts";
import { booleanAt, numberAt, numbersAt, stringsAt, textAt } from "../gguf/metadata.ts";
import type { GgufStrings } from "../gguf/strings.ts";

/** `tokenizer.ggml.token_type`. */
export const kind = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface GgufVocabulary {
  readonly tokens: GgufStrings;
  /** Kind of token `id`; normal where the file does not say. */
  kindOf(id: number): number;
  readonly bosId: number | undefined;
  readonly eosIds: readonly number[];
  readonly unknownId: number | undefined;
  readonly addBos: boolean | undefined;
  readonly addEos: boolean;
  readonly addSpacePrefix: boolean | undefined;
  readonly chatTemplate: string | undefined;
}

export function ggufVocabulary(header: GgufHeader): GgufVocabulary {
  const where = `in the metadata of ${header.name}`;
  const tokens = stringsAt(header, "tokenizer.ggml.tokens");
  if (!tokens || tokens.length === 0)
    throw new Problem("the file has no vocabulary (tokenizer.ggml.tokens)", {
      where,
      advice: "--ids instead of a prompt, or a file of the same model with its tokenizer",
    });
  const kinds = numbersAt(header, "tokenizer.ggml.token_type");
  if (kinds && kinds.length !== tokens.length)
    throw new Problem(`${kinds.length} token types for ${tokens.length} tokens`, { where });
  const idAt = (role: string): number | undefined => {
    const id = numberAt(header, `tokenizer.ggml.${role}_token_id`);
    // Some files write an id past the end (or -1) for "none".
    return id !== undefined && Number.isInteger(id) && id >= 0 && id < tokens.length ? id : undefined;
  };
  const ends = [idAt("eos"), idAt("eot"), idAt("eom")].filter(id => id !== undefined);
  return {
    tokens,
    kindOf: id => kinds?.[id] ?? kind.normal,
    bosId: idAt("bos"),
    eosIds: [...new Set(ends)],
    unknownId: idAt("unknown"),
    addBos: booleanAt(header, "tokenizer.ggml.add_bos_token"),
    addEos: booleanAt(header, "tokenizer.ggml.add_eos_token") ?? false,
    addSpacePrefix: booleanAt(header, "tokenizer.ggml.add_space_prefix"),
    chatTemplate: textAt(header, "tokenizer.chat_template"),
  };
}

/** Control tokens and the one for "unknown": they have a role, and are no part of a text. */
export function isSpecial(tokenKind: number): boolean {
  return tokenKind === kind.control || tokenKind === kind.unknown;
}

/** Special and user-defined tokens: cut out of a text before anything else. */
export function addedTokens(vocabulary: GgufVocabulary): { id: number; text: string; special: boolean }[] {
  const added: { id: number; text: string; special: boolean }[] = [];
  for (let id = 0; id < vocabulary.tokens.length; id++) {
    const special = isSpecial(vocabulary.kindOf(id));
    if (special || vocabulary.kindOf(id) === kind.userDefined)
      added.push({ id, text: vocabulary.tokens.at(id), special });
  }
  return added;
}
