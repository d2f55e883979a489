/** Files damaged at random: a Problem or a result, never another error, a read outside the file, or an allocation beyond it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { f32Bytes, ggufFile, safetensorsFile, type Typed } from "../../test/file-writers.ts";
import { Problem } from "../core/problem.ts";
import type { Bytes } from "./bytes.ts";
import { ggufConfig } from "./gguf/config.ts";
import { readGgufHeader } from "./gguf/header.ts";
import { ggufWeights } from "./gguf/weights.ts";
import { safetensors } from "./safetensors.ts";
import { ggufTokenizer } from "./tokenizer/gguf.ts";
import type { Weights } from "./weights.ts";

/** A file that refuses to be read outside itself. */
function strict(data: Uint8Array<ArrayBuffer>): Bytes {
  return {
    size: data.length,
    name: "fuzzed",
    async read(start, end) {
      if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= data.length))
        throw new Error(`bytes ${start} to ${end} of ${data.length}`);
      return data.slice(start, end);
    },
  };
}

/** One damage: bytes overwritten, by anything or by a number that parsers trip over; or an end torn off. */
const wild = [
  0n,
  1n,
  7n,
  255n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const damage = fc.oneof(
  fc.record({ at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
  fc.record({
    at: fc.nat(),
    bytes: fc.tuple(fc.constantFrom(...wild), fc.constantFrom(4, 8)).map(([n, size]) => {
      const data = new Uint8Array(8);
      new DataView(data.buffer).setBigUint64(0, n, true);
      return data.slice(0, size);
    }),
  }),
  fc.record({ at: fc.nat(), bytes: fc.constant(undefined) }),
);

function damaged(
  file: Uint8Array<ArrayBuffer>,
  damages: { at: number; bytes: Uint8Array | undefined }[],
): Uint8Array<ArrayBuffer> {
  let data = file.slice();
  for (const { at, bytes } of damages) {
    const place = at % (data.length + 1);
    if (bytes) data.set(bytes.subarray(0, data.length - place), place);
    else data = data.slice(0, place);
  }
  return data;
}

async function readAll(weights: Weights, size: number): Promise<void> {
  for (const [name, { shape }] of weights.tensors) {
    // The densest type has 256 weights in 84 bytes: float32 takes at most 12.2 times the file's bytes.
    expect(shape.reduce((product, n) => product * n, 1)).toBeLessThanOrEqual(3.05 * size);
    await weights.read(name).catch(problemOnly);
  }
}

function problemOnly(error: unknown): void {
  if (!(error instanceof Problem)) throw error;
  expect(error.message.length).toBeGreaterThan(10);
  expect(error.message.length).toBeLessThan(400_000);
}

const tokens = ["<unk>", "<s>", "▁", "a", "b", "ab", "▁a", "<0x0A>"];
const metadata = (model: "gpt2" | "llama", architecture: string): Record<string, Typed> => ({
  "general.architecture": { string: architecture },
  "general.alignment": { u32: 32 },
  [`${architecture}.embedding_length`]: { u32: 32 },
  [`${architecture}.block_count`]: { u32: 1 },
  [`${architecture}.feed_forward_length`]: { u64: 256 },
  [`${architecture}.context_length`]: { u32: 64 },
  [`${architecture}.attention.head_count`]: { u32: 4 },
  [`${architecture}.attention.layer_norm_rms_epsilon`]: { f32: 1e-5 },
  [`${architecture}.attention.layer_norm_epsilon`]: { f32: 1e-5 },
  "tokenizer.ggml.model": { string: model },
  "tokenizer.ggml.pre": { string: "smollm" },
  "tokenizer.ggml.tokens": { array: tokens.map(string => ({ string })) },
  "tokenizer.ggml.scores": { array: tokens.map((_, i) => ({ f32: -i })) },
  "tokenizer.ggml.token_type": { array: [2, 3, 1, 1, 1, 1, 1, 6].map(i32 => ({ i32 })) },
  "tokenizer.ggml.merges": { array: [{ string: "a b" }] },
  "tokenizer.ggml.bos_token_id": { u32: 1 },
});
const gguf = (model: "gpt2" | "llama", architecture: string) =>
  ggufFile({
    metadata: metadata(model, architecture),
    tensors: [
      { name: "token_embd.weight", dims: [32, 8], type: 8, data: new Uint8Array(8 * 34).fill(17) },
      { name: "blk.0.attn_q.weight", dims: [32, 32], type: 2, data: new Uint8Array(32 * 18).fill(9) },
      { name: "blk.0.attn_qkv.weight", dims: [32, 96], type: 3, data: new Uint8Array(96 * 20).fill(9) },
      { name: "blk.0.ffn_down.weight", dims: [256, 2], type: 10, data: new Uint8Array(2 * 84).fill(5) },
      { name: "output_norm.weight", dims: [32], type: 0, data: f32Bytes(new Array(32).fill(1)) },
    ].filter(tensor =>
      architecture.startsWith("gpt") ? tensor.name !== "blk.0.attn_q.weight" : tensor.name !== "blk.0.attn_qkv.weight",
    ),
  });

for (const [model, architecture] of [
  ["gpt2", "llama"],
  ["llama", "gemma3"],
  ["gpt2", "gpt2"],
  ["gpt2", "gptneox"],
] as const) {
  const file = gguf(model, architecture);
  const use = async (data: Uint8Array<ArrayBuffer>): Promise<void> => {
    const bytes = strict(data);
    const header = await readGgufHeader(bytes);
    await ggufConfig(bytes, header).catch(problemOnly);
    try {
      const tokenizer = ggufTokenizer(header);
      tokenizer.decode(tokenizer.encode("ab a\n<s>é"));
    } catch (error) {
      problemOnly(error);
    }
    await readAll(ggufWeights(bytes, header), data.length);
  };

  test(`the ${architecture} GGUF file is good before it is damaged`, async () => {
    await use(file);
    const header = await readGgufHeader(strict(file));
    expect(header.tensors.length).toBe(4);
    expect(await ggufConfig(strict(file), header)).toHaveProperty("model_type");
    expect(ggufTokenizer(header).encode("ab").length).toBeGreaterThan(0);
  });

  test(`a damaged ${architecture} GGUF file gives a Problem or numbers`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async damages => {
        await use(damaged(file, damages)).catch(problemOnly);
      }),
      { numRuns: 700 },
    );
  });
}

const header = {
  __metadata__: { format: "pt" },
  a: { dtype: "F32", shape: [4, 2], data_offsets: [0, 32] },
  b: { dtype: "BF16", shape: [3], data_offsets: [32, 38] },
  c: { dtype: "F16", shape: [], data_offsets: [38, 40] },
};
const small = safetensorsFile(header, new Uint8Array(40).fill(3));

test("a damaged safetensors file gives a Problem or numbers", async () => {
  await readAll(await safetensors(strict(small)), small.length);
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async damages => {
      const data = damaged(small, damages);
      const weights = await safetensors(strict(data)).catch(problemOnly);
      if (weights) await readAll(weights, data.length);
    }),
    { numRuns: 1500 },
  );
});

test("a safetensors header of any JSON gives a Problem or numbers", async () => {
  const odd = fc.oneof(
    fc.json(),
    fc.constantFrom("1e400", "-0", '"F32"', "[4,2]", "[0,32]", "[32,0]", "[-1,1]", "[1e18,1e18]", "[[]]", "{}"),
  );
  await fc.assert(
    fc.asyncProperty(odd, odd, odd, fc.string(), async (dtype, shape, offsets, name) => {
      const entry = `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
      const data = safetensorsFile(
        `{"a":${entry},${JSON.stringify(name)}:{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}`,
        new Uint8Array(40),
      );
      const weights = await safetensors(strict(data)).catch(problemOnly);
      if (weights) await readAll(weights, data.length);
    }),
    { numRuns: 800 },
  );
});
