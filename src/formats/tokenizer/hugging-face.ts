/**
 * A tokenizer from Hugging Face's `tokenizer.json` and `tokenizer_config.json`, through @huggingface/tokenizers.
 *
 * Gives every token a readable text, which the library does not. Knows nothing of GGUF.
 */
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { Problem } from "../../core/problem.ts";
import { isRecord } from "../json.ts";
import { byteLevelToken, readableToken } from "./byte-level.ts";
import { noToken, remembered, type Tokenizer } from "./tokenizer.ts";

export interface HuggingFaceOptions {
  /** The parsed tokenizer_config.json. */
  config?: unknown;
  /** `chat_template.jinja`, which newer repositories keep in a file of its own; wins over the config's. */
  chatTemplate?: string | undefined;
  /** More ids that end an answer, from generation_config.json or config.json. */
  eosIds?: readonly number[];
  /** For messages. */
  name?: string;
}

/** @param json the parsed tokenizer.json. Throws a Problem when the library cannot make a tokenizer of it. */
export function huggingFaceTokenizer(json: unknown, options: HuggingFaceOptions = {}): Tokenizer {
  const { name = "tokenizer.json" } = options;
  const config = isRecord(options.config) ? options.config : {};
  if (!isRecord(json) || !isRecord(json.model))
    throw new Problem("the tokenizer has no model", { where: `in ${name}` });
  const library = build(json, config, name);
  const added = library.get_added_tokens_decoder();
  const specialIds = new Set([...added].filter(([, token]) => token.special).map(([id]) => id));
  const named = (key: string): number | undefined => {
    const token = config[key];
    const content = typeof token === "string" ? token : isRecord(token) ? token.content : undefined;
    return typeof content === "string" ? library.token_to_id(content) : undefined;
  };
  const eos = named("eos_token");
  const bos = named("bos_token");
  const spelling = usesByteLevel(json) ? byteLevel : metaspace;
  let size: number | undefined;

  return {
    encode(text, { special = true } = {}) {
      let ids: number[];
      try {
        ids = library.encode(text, { add_special_tokens: special }).ids;
      } catch (cause) {
        throw unusable(cause, name);
      }
      // The library leaves undefined where neither the token nor an unknown token has an id.
      if (ids.some(id => id === undefined))
        throw new Problem("the text has characters that this tokenizer has no token for", { where: `in ${name}` });
      return ids;
    },
    decode(ids) {
      if (ids.length === 0) return "";
      return library.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
    token: remembered(id => {
      const token = library.id_to_token(id);
      if (token === undefined) return noToken(id);
      return added.has(id) ? token : spelling.read(token);
    }),
    idOf(text) {
      return library.token_to_id(spelling.write(text)) ?? library.token_to_id(text);
    },
    get size() {
      if (size === undefined) {
        size = 0;
        for (const id of library.get_vocab().values()) if (id >= size) size = id + 1;
      }
      return size;
    },
    bosId: bos,
    eosIds: [...new Set([...(eos === undefined ? [] : [eos]), ...(options.eosIds ?? [])])],
    specialIds,
    chatTemplate: options.chatTemplate ?? templateOf(config.chat_template),
  };
}

function build(json: Record<string, unknown>, config: Record<string, unknown>, name: string): Library {
  try {
    return new Library({ ...json, pre_tokenizer: withAllDigits(json.pre_tokenizer) }, config);
  } catch (cause) {
    throw unusable(cause, name);
  }
}

/** What a tokenizer.json says can be beyond the library (a pattern, a missing part): its words, for the person who has the file. */
function unusable(cause: unknown, name: string): Problem {
  return new Problem("the tokenizer cannot be used", {
    where: `in ${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
    advice: "fetching tokenizer.json again, or --ids instead of a prompt",
    cause,
  });
}

/**
 * The original's `Digits` cuts at every numeric character ("½", "Ⅷ"), the library's only at 0-9: said as a pattern, both agree.
 */
function withAllDigits(part: unknown): unknown {
  if (!isRecord(part)) return part;
  if (Array.isArray(part.pretokenizers)) return { ...part, pretokenizers: part.pretokenizers.map(withAllDigits) };
  if (part.type !== "Digits") return part;
  const pattern = { Regex: part.individual_digits ? "\\p{N}" : "\\p{N}+" };
  return { type: "Split", pattern, behavior: "Isolated", invert: false };
}

/** How the vocabulary writes a token's text. */
interface Spelling {
  read(token: string): string;
  write(text: string): string;
}
const byteLevel: Spelling = { read: readableToken, write: byteLevelToken };
export const metaspace: Spelling = {
  read(token) {
    const byte = /^<0x([0-7][0-9A-Fa-f])>$/.exec(token);
    return byte ? String.fromCharCode(Number.parseInt(byte[1]!, 16)) : token.replaceAll("▁", " ");
  },
  write: text => text.replaceAll(" ", "▁"),
};

/** Whether the decoder, or one inside it, turns visible characters back into bytes. */
function usesByteLevel(json: Record<string, unknown>): boolean {
  const inside = (part: unknown): boolean =>
    isRecord(part) &&
    (part.type === "ByteLevel" ||
      [part.decoders, part.pretokenizers].some(list => Array.isArray(list) && list.some(inside)));
  return inside(json.decoder) || inside(json.pre_tokenizer);
}

/** The template, or the one called "default" where a configuration names several. */
function templateOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const list = value.filter(isRecord);
  const chosen = list.find(one => one.name === "default") ?? list[0];
  return typeof chosen?.template === "string" ? chosen.template : undefined;
}
