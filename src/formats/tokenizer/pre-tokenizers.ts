/**
 * How a byte-level BPE cuts a text into words before it merges: a row for each name that GGUF files use
 * (`tokenizer.ggml.pre`), in the terms of tokenizer.json.
 *
 * To add one: its name and the `pre_tokenizer` of a tokenizer.json of that model.
 */
import { Problem } from "../../core/problem.ts";

export interface PreTokenizer {
  readonly preTokenizer: object;
  readonly normalizer?: object;
  /** A word that is a token is taken as it is, whatever the merges say. */
  readonly ignoreMerges?: boolean;
  /** BOS is put in front unless the file says otherwise. */
  readonly addBos?: boolean;
}

const byteLevel = (useRegex: boolean): object => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});
const split = (pattern: string): object => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior: "Isolated",
  invert: false,
});
const sequence = (...pretokenizers: object[]): object => ({ type: "Sequence", pretokenizers });

/** English contractions, words with one character before them, digits in groups, punctuation, white space. */
const words = (digits: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

const nfc = { type: "NFC" };
const gpt2: PreTokenizer = { preTokenizer: byteLevel(true) };
/** GPT-NeoX's vocabulary and its heirs. */
const neox: PreTokenizer = { preTokenizer: byteLevel(true), normalizer: nfc };
/** Every digit alone. */
const digits: PreTokenizer = {
  preTokenizer: sequence({ type: "Digits", individual_digits: true }, byteLevel(true)),
};
const llama3: PreTokenizer = {
  preTokenizer: sequence(split(words("\\p{N}{1,3}")), byteLevel(false)),
  ignoreMerges: true,
  addBos: true,
};
const qwen2: PreTokenizer = { preTokenizer: sequence(split(words("\\p{N}")), byteLevel(false)), normalizer: nfc };
/** Mistral's: words end where lower case turns to upper. */
const tekken: PreTokenizer = {
  preTokenizer: sequence(
    split(
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+" +
        "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*" +
        "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ),
    byteLevel(false),
  ),
  ignoreMerges: true,
  addBos: true,
};
/** What llama.cpp falls back to when a file does not name its own: punctuation apart, digits in threes. */
const fallback: PreTokenizer = {
  preTokenizer: sequence(
    split("[\\p{P}\\$\\+<=>\\^~\\|]+"),
    split("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)"),
    split("\\p{N}+"),
    split("[0-9][0-9][0-9]"),
    byteLevel(false),
  ),
};

const table: Readonly<Record<string, PreTokenizer>> = {
  default: fallback,
  "gpt-2": gpt2,
  "phi-2": gpt2,
  "jina-en": gpt2,
  mpt: neox,
  olmo: neox,
  smollm: digits,
  starcoder: digits,
  refact: digits,
  codeshell: digits,
  "llama-bpe": llama3,
  llama3: llama3,
  "llama-v3": llama3,
  falcon3: llama3,
  qwen2,
  "deepseek-r1-qwen": qwen2,
  tekken,
};

/** The row of that name. Files of GPT-2 and GPT-NeoX older than the key have none: their architecture says enough. */
export function preTokenizerNamed(name: string | undefined, architecture: string, file: string): PreTokenizer {
  if (name === undefined || name === "default") {
    if (architecture === "gpt2") return gpt2;
    if (architecture === "gptneox") return neox;
  }
  const key = name ?? "default";
  if (Object.hasOwn(table, key)) return table[key]!;
  throw new Problem(`the pre-tokenizer ${JSON.stringify(key.slice(0, 60))} is not one that Lucida knows`, {
    where: `at tokenizer.ggml.pre in the metadata of ${file}`,
    advice: `--ids instead of a prompt; known are ${Object.keys(table).join(", ")}`,
  });
}
