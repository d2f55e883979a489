import { expect, test } from "vitest";
import { ggufFile, type Typed } from "../../../test/file-writers.ts";
import { memoryBytes } from "../bytes.ts";
import { readGgufHeader } from "../gguf/header.ts";
import { byteLevelToken, readableToken } from "./byte-level.ts";
import { ggufTokenizer } from "./gguf.ts";
import { huggingFaceTokenizer } from "./hugging-face.ts";
import type { Tokenizer } from "./tokenizer.ts";

const texts = (list: string[]): Typed => ({ array: list.map(string => ({ string })) });
const ints = (list: number[]): Typed => ({ array: list.map(i32 => ({ i32 })) });

async function gguf(keys: Record<string, Typed>): Promise<Tokenizer> {
  const metadata: Record<string, Typed> = { "general.architecture": { string: "llama" } };
  for (const [key, value] of Object.entries(keys)) metadata[`tokenizer.${key}`] = value;
  return ggufTokenizer(await readGgufHeader(memoryBytes(ggufFile({ metadata }), "x.gguf")));
}

/** Every byte, then words by merging, then two added tokens. */
const bytes = Array.from({ length: 256 }, (_, byte) => byteOfUtf8(byte));
function byteOfUtf8(byte: number): string {
  // The byte-level character of one byte, by the rule in words: printable Latin-1 stands for itself, the rest count up from U+0100.
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  if (printable(byte)) return String.fromCharCode(byte);
  return String.fromCharCode(256 + Array.from({ length: byte }, (_, b) => b).filter(b => !printable(b)).length);
}
const words = ["Ġa", "ab", "Ġab", "12"];
const byteLevel = (pre: string, more: Record<string, Typed> = {}) =>
  gguf({
    "ggml.model": { string: "gpt2" },
    "ggml.pre": { string: pre },
    "ggml.tokens": texts([...bytes, ...words, "<|end|>", "  "]),
    "ggml.token_type": ints([...new Array(260).fill(1), 3, 4]),
    "ggml.merges": texts(["Ġ a", "a b", "Ġa b", "1 2"]),
    "ggml.bos_token_id": { u32: 260 },
    "ggml.eos_token_id": { u32: 260 },
    ...more,
  });

test("byte-level: merges by rank, added tokens cut out first, every byte has a way back", async () => {
  const tokenizer = await byteLevel("gpt-2");
  expect(tokenizer.encode("ab ab<|end|>ab")).toEqual([257, 258, 260, 257]);
  expect(tokenizer.encode("12")).toEqual([259]);
  expect(tokenizer.encode("a  b").map(id => tokenizer.token(id))).toEqual(["a", "  ", "b"]);
  const odd = "naïve 🙂\u0000\u{10ffff}\r\n\t“好”";
  expect(tokenizer.decode(tokenizer.encode(odd))).toBe(odd);
  expect(tokenizer.decode([])).toBe("");
  expect(tokenizer.token(258)).toBe(" ab");
  expect(tokenizer.token(0xe5)).toBe("<0xE5>");
  expect(tokenizer.token(999)).toBe("<id 999>");
  expect(tokenizer.idOf(" ab")).toBe(258);
  expect(tokenizer.idOf("<|end|>")).toBe(260);
  expect(tokenizer.idOf("Austin")).toBeUndefined();
  expect([...tokenizer.specialIds]).toEqual([260]);
  expect([tokenizer.size, tokenizer.bosId, tokenizer.eosIds]).toEqual([262, 260, [260]]);
});

test("the pre-tokenizer's name decides where digits are cut and whether BOS is added", async () => {
  const tokens = async (pre: string, text: string) => {
    const tokenizer = await byteLevel(pre);
    return tokenizer.encode(text).map(id => tokenizer.token(id));
  };
  expect(await tokens("gpt-2", "12")).toEqual(["12"]);
  expect(await tokens("smollm", "12")).toEqual(["1", "2"]);
  expect(await tokens("qwen2", "12")).toEqual(["1", "2"]);
  expect(await tokens("llama-bpe", "12")).toEqual(["<|end|>", "12"]);
  const plain = await byteLevel("llama-bpe", { "ggml.add_bos_token": { bool: false } });
  expect(plain.encode("12")).toEqual([259]);
  expect((await byteLevel("llama-bpe")).encode("12", { special: false })).toEqual([259]);
  const around = await byteLevel("gpt-2", {
    "ggml.add_bos_token": { bool: true },
    "ggml.add_eos_token": { bool: true },
  });
  expect(around.encode("12")).toEqual([260, 259, 260]);
  await expect(byteLevel("kimi-k2")).rejects.toThrow('the pre-tokenizer "kimi-k2" is not one that Lucida knows');
});

const pieces = ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "ab", "▁▁", "bb", "<0xC3>", "<0xA9>", "<0x0A>"];
const sentencePiece = (more: Record<string, Typed> = {}) =>
  gguf({
    "ggml.model": { string: "llama" },
    "ggml.tokens": texts(pieces),
    "ggml.scores": { array: [0, 0, 0, -9, -9, -9, -3, -1, 0, -2, 0, 0, 0].map(f32 => ({ f32 })) },
    "ggml.token_type": ints([2, 3, 3, 1, 1, 1, 1, 1, 4, 1, 6, 6, 6]),
    "ggml.bos_token_id": { u32: 1 },
    "ggml.eos_token_id": { u32: 2 },
    "ggml.unknown_token_id": { u32: 0 },
    ...more,
  });

test("SentencePiece: the best score is merged first, spaces are kept, bytes spell what has no token", async () => {
  const tokenizer = await sentencePiece({ "ggml.add_space_prefix": { bool: false } });
  const read = (text: string) => tokenizer.encode(text).map(id => tokenizer.token(id));
  expect(read(" ab")).toEqual(["<s>", " ", "ab"]); // "ab" (-1) before " a" (-3)
  expect(read(" a")).toEqual(["<s>", " a"]);
  expect(read("abbb")).toEqual(["<s>", "ab", "bb"]);
  expect(read("bbb")).toEqual(["<s>", "bb", "b"]); // leftmost of equals
  expect(read("a  a")).toEqual(["<s>", "a", "  ", "a"]); // cut out before merging: not " a"
  expect(read("aé\n")).toEqual(["<s>", "a", "<0xC3>", "<0xA9>", "\n"]);
  expect(read("日")).toEqual(["<s>", "<unk>"]); // its bytes are not all there
  expect(read("a</s>b")).toEqual(["<s>", "a", "</s>", "b"]);
  expect(read("a<unk>")).toEqual(["<s>", "a", "<unk>"]);
  expect([...tokenizer.specialIds]).toEqual([0, 1, 2]);
  expect(tokenizer.encode("", { special: false })).toEqual([]);
  expect(tokenizer.decode(tokenizer.encode("a  aé\n ab"))).toBe("<s>a  aé\n ab");
  expect(tokenizer.idOf(" a")).toBe(6);
  expect(tokenizer.idOf("\n")).toBe(12);
});

test("SentencePiece with a space in front (Llama 2) adds it once and takes it away again", async () => {
  const tokenizer = await sentencePiece();
  expect(tokenizer.encode("a", { special: false })).toEqual([6]);
  expect(tokenizer.decode([6, 7])).toBe("aab");
});

test("a long text without spaces is merged in time that grows like n log n", async () => {
  const tokenizer = await sentencePiece();
  const start = performance.now();
  expect(tokenizer.encode("ab".repeat(100_000)).length).toBeGreaterThan(99_999);
  expect(performance.now() - start).toBeLessThan(5000);
});

test("a vocabulary that is missing, of another kind or inconsistent is refused in words", async () => {
  await expect(gguf({})).rejects.toThrow("the file has no vocabulary");
  await expect(gguf({ "ggml.model": { string: "bert" }, "ggml.tokens": texts(["a"]) })).rejects.toThrow(
    'of the kind "bert"; Lucida reads',
  );
  await expect(sentencePiece({ "ggml.scores": { array: [{ f32: 1 }] } })).rejects.toThrow("1 scores for 13 tokens");
  await expect(sentencePiece({ "ggml.token_type": ints([1]) })).rejects.toThrow("1 token types for 13 tokens");
  expect((await sentencePiece({ "ggml.bos_token_id": { u32: 4_000_000_000 } })).bosId).toBeUndefined();
});

const json = {
  added_tokens: [
    { id: 5, content: "<eos>", special: true, normalized: false, lstrip: false, rstrip: false, single_word: false },
  ],
  normalizer: null,
  pre_tokenizer: {
    type: "Sequence",
    pretokenizers: [
      { type: "Digits", individual_digits: true },
      { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    ],
  },
  post_processor: null,
  decoder: { type: "ByteLevel" },
  model: { type: "BPE", vocab: { Â: 0, "½": 1, Ġ: 2, ĠÂ: 3, "Â½": 4 }, merges: ["Ġ Â", "Â ½"] },
};

test("tokenizer.json: as the original, where every numeric character is a digit", () => {
  const config = {
    eos_token: { content: "<eos>" },
    chat_template: [
      { name: "rag", template: "no" },
      { name: "default", template: "yes" },
    ],
  };
  const tokenizer = huggingFaceTokenizer(json, { config, eosIds: [5, 7] });
  expect(tokenizer.encode(" ½<eos>").map(id => tokenizer.token(id))).toEqual([" ", "½", "<eos>"]);
  expect(tokenizer.decode([4, 2, 5])).toBe("½ <eos>");
  expect(tokenizer.decode([])).toBe("");
  expect(tokenizer).toMatchObject({ size: 6, bosId: undefined, eosIds: [5, 7], chatTemplate: "yes" });
  const unknown = huggingFaceTokenizer({ ...json, model: { ...json.model, unk_token: "<gone>" } });
  expect(() => unknown.encode("好")).toThrow("characters that this tokenizer has no token for");
  expect(() => huggingFaceTokenizer({ model: { type: "Magic", vocab: {} } }, { name: "t.json" })).toThrow(
    "the tokenizer cannot be used",
  );
  expect(() => huggingFaceTokenizer([])).toThrow("the tokenizer has no model");
});

test("bytes as visible characters, there and back", () => {
  expect(byteLevelToken(" Dallas\n")).toBe("ĠDallasĊ");
  expect(readableToken("ĠDallasĊ")).toBe(" Dallas\n");
  expect(readableToken("日")).toBe("日");
});
