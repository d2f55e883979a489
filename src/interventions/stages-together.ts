/** Stages of several runs, made for one each, as stages of the batch in which they run side by side. */
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Stages } from "../models/forward.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Each run gets its own part of every array. Throws nothing of its own; what holds arrays of one prompt is not for a batch. */
export function stagesTogether(all: readonly Stages[]): Stages {
  const part = (data: Floats, b: number): Floats => {
    const size = data.length / all.length;
    return data.subarray(b * size, (b + 1) * size);
  };
  const each =
    (stage: "residual" | "mid") =>
    async (layer: number, data: Floats): Promise<void> => {
      for (const [b, stages] of all.entries()) await stages[stage]?.(layer, part(data, b));
    };
  return {
    readTaps: [...new Set(all.flatMap(s => s.readTaps ?? []))],
    residual: each("residual"),
    mid: each("mid"),
    async hidden(layer, hidden, taps) {
      for (const [b, stages] of all.entries())
        await stages.hidden?.(layer, part(hidden, b), tapsOf(taps, stages.readTaps ?? [], b, all.length));
    },
    async out(layer, out) {
      for (const [b, stages] of all.entries()) await stages.out?.(layer, part(out, b), {});
    },
    heads(layer) {
      const changes = all.map(stages => stages.heads?.(layer));
      if (changes.every(change => change === undefined)) return undefined;
      return async heads => {
        for (const [b, change] of changes.entries()) await change?.(part(heads, b));
      };
    },
  };
}

function tapsOf(
  taps: Readonly<Record<string, Tensor>>,
  names: readonly string[],
  b: number,
  runs: number,
): Record<string, Tensor> {
  return Object.fromEntries(
    names.map(name => {
      const { shape, data } = taps[name]!;
      const size = data.length / runs;
      return [name, tensor([1, ...shape.slice(1)], (data as Floats).subarray(b * size, (b + 1) * size))];
    }),
  );
}
