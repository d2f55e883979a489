/**
 * Llama 3's scaled rotary positions, recovered: a GGUF file holds only what they did to each frequency (`rope_freqs.weight`),
 * a config.json the four numbers behind it. The published models share three of them; the fourth is the largest factor.
 */
import { Problem } from "../../core/problem.ts";
import type { Bytes } from "../bytes.ts";
import type { GgufHeader } from "./header.ts";

/** `low_freq_factor`, `high_freq_factor` and `original_max_position_embeddings` of every Llama 3.1, 3.2 and 3.3. */
const published = { low: 1, high: 4, original: 8192 };

/**
 * The `rope_scaling` of a file with frequency factors; undefined without them or when they change nothing.
 * Throws a Problem when the factors are not those of Llama 3.
 */
export async function scaledRope(
  file: Bytes,
  header: GgufHeader,
  { theta, rotary }: { theta: number; rotary: number },
): Promise<Record<string, unknown> | undefined> {
  const tensor = header.tensors.find(t => t.name === "rope_freqs.weight");
  if (!tensor) return undefined;
  const where = `in the tensor rope_freqs.weight of ${file.name}`;
  const count = tensor.dims[0] ?? 0;
  // A head is at most a few hundred wide: 4096 is far above any model's.
  if (tensor.type !== 0 || tensor.dims.length !== 1 || count > 4096 || count !== rotary / 2)
    throw new Problem(`${count} rotary factors, but ${rotary / 2} float32 numbers are needed`, { where });
  const data = await file.read(tensor.start, tensor.start + 4 * count);
  const factors = new Float32Array(data.slice().buffer);
  const factor = Math.max(...factors);
  if (factors.every(f => f === 1)) return undefined;
  const expected = llama3Factors(factor, theta, rotary);
  if (!factors.every((f, i) => Math.abs(f - expected[i]!) <= 1e-4 * expected[i]!))
    throw new Problem("the rotary frequencies are scaled in a way that Lucida does not know", {
      where,
      advice: "the safetensors of the same model, whose config.json says how",
    });
  return {
    rope_type: "llama3",
    factor: Number(factor.toPrecision(6)),
    low_freq_factor: published.low,
    high_freq_factor: published.high,
    original_max_position_embeddings: published.original,
  };
}

/** By what each frequency is divided: 1 for short wavelengths, `factor` for long ones, smoothly between. */
export function llama3Factors(factor: number, theta: number, rotary: number): number[] {
  const { low, high, original } = published;
  return Array.from({ length: rotary / 2 }, (_, i) => {
    const turns = original / (2 * Math.PI * theta ** ((2 * i) / rotary)); // within the original context
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
