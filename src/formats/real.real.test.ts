/** The readers on two published GGUF files, against numbers and ids that other programs gave. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileBytes, realModel } from "../../test/real.ts";
import { chatPrompt } from "./chat-template.ts";
import { ggufConfig } from "./gguf/config.ts";
import { type GgufHeader, readGgufHeader } from "./gguf/header.ts";
import { ggufWeights } from "./gguf/weights.ts";
import { ggufTokenizer } from "./tokenizer/gguf.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";

const shared = resolve(import.meta.dirname, "../../../shared");
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const peer = json(resolve(import.meta.dirname, "../../test/fixtures/gguf/real.json")) as {
  tensors: { model: string; name: string; hf: string; shape: number[]; weighted: number; absolute: number }[];
  texts: string[];
  ids: Record<string, number[][]>;
};

const models = [
  {
    name: "smollm2",
    golden: "smollm2-135m-instruct-q4_1",
    prompts: "contrast-smollm2-135m",
    seconds: 0.6,
    weights: 134_515_008,
  },
  { name: "gemma3", golden: "gemma3-270m-q4_k_m", prompts: "contrast-gemma3-270m", seconds: 1.2, weights: 268_098_176 },
] as const;

/** Bytes that are no whole character, which we show as <0xE4>, as the original shows them: one sign for all of them. */
const lossy = (text: string) =>
  text.replace(/(?:<0x[0-9A-F]{2}>)+/g, bytes =>
    new TextDecoder().decode(Uint8Array.from(bytes.match(/[0-9A-F]{2}(?=>)/g)!, hex => Number.parseInt(hex, 16))),
  );

for (const model of models)
  describe(model.name, () => {
    let file: Awaited<ReturnType<typeof fileBytes>>;
    let header: GgufHeader;
    let tokenizer: Tokenizer;
    const golden = json(resolve(shared, "golden/real", `${model.golden}.json`));
    beforeAll(async () => {
      file = await fileBytes(realModel(model.name));
      header = await readGgufHeader(file);
      tokenizer = ggufTokenizer(header);
    });
    afterAll(() => file.close());

    test("dequantised tensors have the sums that the gguf package finds", async () => {
      const weights = ggufWeights(file, header);
      const wanted = peer.tensors.filter(t => t.model === model.name);
      expect(wanted.length).toBeGreaterThan(10);
      for (const { hf, shape, weighted, absolute } of wanted) {
        expect(weights.tensors.get(hf)?.shape, hf).toEqual(shape);
        const values = await weights.read(hf);
        let sum = 0;
        let size = 0;
        for (let i = 0; i < values.length; i++) {
          sum += values[i]! * (i % 1009);
          size += Math.abs(values[i]!);
        }
        // The weighted sum depends on the order: a swapped row moves it by about its own share of `absolute`.
        expect(Math.abs(sum - weighted), hf).toBeLessThan(1e-5 * 1009 * absolute);
        expect(Math.abs(size - absolute), hf).toBeLessThan(1e-6 * absolute);
      }
    });

    test("all weights come as float32 in seconds", async () => {
      const weights = ggufWeights(file, header);
      const into = new Float32Array(weights.tensors.get("model.embed_tokens.weight")!.shape.reduce((a, b) => a * b, 1));
      let best = Number.POSITIVE_INFINITY;
      for (let run = 0; run < 3; run++) {
        const start = performance.now();
        let count = 0;
        for (const [name, { shape }] of weights.tensors) {
          await weights.read(name, { into });
          count += shape.reduce((a, b) => a * b, 1);
        }
        expect(count).toBe(model.weights);
        best = Math.min(best, performance.now() - start);
      }
      console.log(`${model.name}: ${model.weights} weights dequantised in ${best.toFixed(0)} ms`);
      // Four times the goal: the machine may be busy.
      expect(best).toBeLessThan(4000 * model.seconds);
    });

    test("ids, token texts and decoded answers are the original's", () => {
      for (const { prompt, ids, tokens, top, greedy_ids, greedy_text } of golden.prompts) {
        expect(tokenizer.encode(prompt), prompt).toEqual(ids);
        expect(ids.map((id: number) => lossy(tokenizer.token(id)))).toEqual(tokens);
        for (const { id, text } of top) expect(lossy(tokenizer.token(id))).toBe(text);
        expect(tokenizer.decode(greedy_ids)).toBe(greedy_text);
      }
    });

    test("every contrast pair has its token count, and every answer is one token", () => {
      for (const { prompt, versus, tokens, answer, answer_id } of json(
        resolve(shared, "prompts", `${model.prompts}.json`),
      ).pairs) {
        expect(tokenizer.encode(prompt).length, prompt).toBe(tokens);
        expect(tokenizer.encode(versus).length, versus).toBe(tokens);
        expect(tokenizer.idOf(answer)).toBe(answer_id);
      }
    });

    test("unusual texts have the ids that the original tokenizer gives", () => {
      const ids = peer.ids[model.name]!;
      peer.texts.forEach((text, i) => {
        expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids[i]);
      });
    });
  });

test("SmolLM2's chat is its golden, through its template", async () => {
  const file = await fileBytes(realModel("smollm2"));
  const header = await readGgufHeader(file);
  const tokenizer = ggufTokenizer(header);
  const { chat } = json(resolve(shared, "golden/real/smollm2-135m-instruct-q4_1.json"));
  const text = chatPrompt(tokenizer.chatTemplate!, chat.messages);
  expect(tokenizer.encode(text)).toEqual(chat.ids);
  expect(tokenizer.decode(chat.greedy_ids)).toBe(chat.greedy_text);
  await file.close();
});

test("the configurations are those of the published models", async () => {
  const config = async (name: "smollm2" | "gemma3") => {
    const file = await fileBytes(realModel(name));
    const got = await ggufConfig(file, await readGgufHeader(file));
    await file.close();
    return got;
  };
  expect(await config("smollm2")).toMatchObject({
    model_type: "llama",
    hidden_size: 576,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    head_dim: 64,
    rope_theta: 100_000,
    rms_norm_eps: 1e-5,
    vocab_size: 49_152,
    tie_word_embeddings: true,
  });
  const gemma = await config("gemma3");
  expect(gemma).toMatchObject({
    model_type: "gemma3_text",
    hidden_size: 640,
    head_dim: 256,
    query_pre_attn_scalar: 256,
    rope_theta: 1_000_000,
    rope_local_base_freq: 10_000,
    sliding_window: 512,
    rms_norm_eps: 1e-6,
    vocab_size: 262_144,
    tie_word_embeddings: true,
  });
  const full = (gemma.layer_types as string[]).flatMap((type, layer) => (type === "full_attention" ? [layer] : []));
  expect(full).toEqual([5, 11, 17]);
});
