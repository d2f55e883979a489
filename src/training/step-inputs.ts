/** A packed batch as the inputs of the decoder's programs. */
import { type Tensor, tensor } from "../core/tensor.ts";
import type { ModelConfig } from "../models/config.ts";
import { rotaryTables } from "../models/rotary.ts";
import { type Batch, maskOf } from "./corpus/pack.ts";
import type { TrainingAids } from "./decoder-loss.ts";

/** `ids`, `mask`, `cos`, `sin`. */
export function decoderInputs(config: ModelConfig, batch: Batch): Record<string, Tensor> {
  const { rows, length } = batch;
  const rotary = config.layers[0]!.rotary!;
  const half = rotary.dims / 2;
  const { cos, sin } = rotaryTables(
    { ...rotary, frequencies: () => rotary.frequencies(length) },
    Array.from({ length }, (_, i) => i),
    length,
  );
  const gathered = (table: Float32Array): Tensor => {
    const out = new Float32Array(rows * length * half);
    batch.positions.forEach((p, i) => {
      out.set(table.subarray(p * half, (p + 1) * half), i * half);
    });
    return tensor([rows, 1, length, half], out);
  };
  return {
    ids: tensor([rows, length], Int32Array.from(batch.ids)),
    mask: tensor([rows, 1, 1, length, length], Float32Array.from(maskOf(batch))),
    cos: gathered(cos),
    sin: gathered(sin),
  };
}

/** Those, and `targets` and `lossWeight`: the mean over the tokens that have a next one; what aids ask for beside it. `share` is how much of the highest rate is left. */
export function lossInputs(
  config: ModelConfig,
  batch: Batch,
  aids: TrainingAids = {},
  share = 1,
): Record<string, Tensor> {
  const { rows, length, targets, tokens, concepts } = batch;
  const wanted = (name: string, weights: string, of: Int32Array, each: number): Record<string, Tensor> => ({
    [name]: tensor(
      [rows, length],
      Int32Array.from(of, t => Math.max(0, t)),
    ),
    [weights]: tensor(
      [rows, length, 1],
      Float32Array.from(of, t => (t < 0 ? 0 : each / tokens)),
    ),
  });
  const none = () => new Int32Array(rows * length).fill(-1);
  return {
    ...decoderInputs(config, batch),
    ...wanted("targets", "lossWeight", targets, 1),
    ...(aids.concepts && {
      ...wanted("read", "readWeight", concepts?.read ?? none(), aids.concepts.weight),
      ...wanted("placed", "placedWeight", concepts?.placed ?? none(), aids.concepts.weight),
      ...wanted("said", "saidWeight", concepts?.said ?? none(), aids.concepts.weight),
      ...(aids.concepts.instead && {
        instead: tensor([rows, length, 1], Float32Array.from(concepts?.instead ?? new Uint8Array(rows * length))),
      }),
    }),
    ...(aids.fewUnits !== undefined && {
      textWeight: inText(batch),
      pull: tensor([1], Float32Array.of(share * aids.fewUnits)),
    }),
  };
}

/** Begin tokens and what fills a row up count nothing, all others alike, adding up to 1. */
function inText({ rows, length, positions }: Batch): Tensor {
  const count = positions.reduce((n, p) => n + (p > 0 ? 1 : 0), 0);
  return tensor(
    [rows, length, 1],
    Float32Array.from(positions, p => (p > 0 ? 1 / count : 0)),
  );
}
