/** The machine's peak in float32 matrix products, as this runtime reaches it: large, weights packed. */
import { input, weight } from "../../core/expr.ts";
import { linear } from "../../core/ops/linear.ts";
import { tensor } from "../../core/tensor.ts";
import type { Device } from "../../devices/device.ts";
import { peakMemory, type Question } from "./question.ts";

const SIZE = 1024;

/** GFLOP/s: the best of what fits in `forSeconds`, so that a neighbour's work counts little. */
export async function matmulPeak(device: Device, forSeconds: number): Promise<number> {
  const values = Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 2654435761) % 1000) / 1000 - 0.5);
  const x = tensor([SIZE, SIZE], values);
  const program = await device.compile({ y: linear(input("x", ["row", SIZE]), weight("w", [SIZE, SIZE])) }, { w: x });
  const into = { y: tensor([SIZE, SIZE], new Float32Array(SIZE * SIZE)) };
  let best = Infinity;
  const end = performance.now() + forSeconds * 1000;
  do {
    const start = performance.now();
    await program.run({ x }, ["y"], into);
    best = Math.min(best, (performance.now() - start) / 1000);
  } while (performance.now() < end);
  await program.release();
  return (2 * SIZE ** 3) / best / 1e9;
}

export const peak: Question = {
  name: "peak",
  what: "How fast does this machine multiply matrices?",
  async run({ open, quick }) {
    const { model, close } = await open();
    const value = await matmulPeak(model.device, quick ? 0.5 : 3);
    await close();
    return [
      { name: "matrix product", value, unit: "GFLOP/s" },
      { name: "matrix product, peak memory", value: peakMemory(), unit: "MB" },
    ];
  },
};
