/**
 * Directions of the stream against every token: through the final norm's gain to the logits (what a direction says),
 * or against the normed embedding rows (what it reads). One pass over the table for a batch of directions; memory is
 * the batch times one piece of the table.
 */
import { input } from "../../core/expr.ts";
import { linear } from "../../core/ops/linear.ts";
import { float32, tensor } from "../../core/tensor.ts";
import type { Model } from "../../models/model.ts";

/** `scores` of the directions 0, 1, ... for the tokens first, first + 1, ...: [direction, token]. */
export type EachPiece = (first: number, tokens: number, scores: Float32Array) => void;

/** Directions at once: 256 × a 100 MB piece of a table 576 wide are 45 MB of scores. */
export const batch = 256;

/**
 * Change of each logit (final norm's scale left out, biases too) when a direction [dModel] is added to the last
 * stream. At most `batch` directions.
 */
export async function logitScores(model: Model, directions: readonly Float32Array[], each: EachPiece): Promise<void> {
  const { dModel, family } = model.config;
  const { data: gain } = await model.finalGain();
  // The last row is nothing: what it gives are the head's biases.
  const x = new Float32Array((directions.length + 1) * dModel);
  directions.forEach((direction, d) => {
    const seen = family.norm === "layer" ? centred(direction) : direction;
    for (let i = 0; i < dModel; i++) x[d * dModel + i] = seen[i]! * gain[i]!;
  });
  const { parts } = await model.loadUnembedding();
  for (const { program, start, end } of parts) {
    const { y } = await program.run({ x: tensor([directions.length + 1, dModel], x) });
    const scores = float32(y);
    const width = end - start;
    const bias = scores.subarray(directions.length * width);
    for (let i = 0; i < directions.length * width; i++) scores[i]! -= bias[i % width]!;
    each(start, width, scores);
  }
}

/** Pulls [dModel] on the stream against each embedding row, normed as a layer's input is. At most `batch`. */
export async function embeddingScores(model: Model, pulls: readonly Float32Array[], each: EachPiece): Promise<void> {
  const { dModel, family } = model.config;
  const x = new Float32Array(pulls.length * dModel);
  pulls.forEach((pull, d) => {
    x.set(family.norm === "layer" ? centred(pull) : pull, d * dModel);
  });
  const norms = await inverseNorms(model);
  const vectors = tensor([pulls.length, dModel], x);
  const scale = (start: number, width: number, scores: Float32Array) => {
    for (let d = 0; d < pulls.length; d++) for (let t = 0; t < width; t++) scores[d * width + t]! *= norms[start + t]!;
    each(start, width, scores);
  };
  // A tied table lies on the device already.
  if (model.unembeddingTensor === family.weights.embedding) {
    for (const { program, start, end } of (await model.loadUnembedding()).parts)
      scale(start, end - start, float32((await program.run({ x: vectors })).y));
    return;
  }
  const program = await model.device.compile(
    { y: linear(input("x", ["direction", dModel]), input("rows", ["token", dModel])) },
    {},
  );
  try {
    const size = Math.min(model.config.vocabulary, model.reader.shapeOf(family.weights.embedding)[0]!);
    for (let start = 0; start < size; start += pieceRows) {
      const end = Math.min(size, start + pieceRows);
      const rows = tensor([end - start, dModel], await model.reader.rows(family.weights.embedding, start, end));
      scale(start, end - start, float32((await program.run({ x: vectors, rows })).y));
    }
  } finally {
    await program.release();
  }
}

const pieceRows = 16_384;
const kept = new WeakMap<Model, Promise<Float32Array>>();

/** [token] what an embedding row is multiplied with by a norm: scale / rms, or / standard deviation. Once a model. */
function inverseNorms(model: Model): Promise<Float32Array> {
  let had = kept.get(model);
  if (!had) {
    had = readNorms(model);
    kept.set(model, had);
    had.catch(() => kept.delete(model));
  }
  return had;
}

async function readNorms(model: Model): Promise<Float32Array> {
  const { dModel, family, embeddingScale, epsilon } = model.config;
  const size = Math.min(model.config.vocabulary, model.reader.shapeOf(family.weights.embedding)[0]!);
  const out = new Float32Array(size);
  for (let start = 0; start < size; start += pieceRows) {
    const end = Math.min(size, start + pieceRows);
    const rows = await model.reader.rows(family.weights.embedding, start, end);
    for (let t = start; t < end; t++) {
      let sum = 0;
      let squares = 0;
      for (let i = (t - start) * dModel, stop = i + dModel; i < stop; i++) {
        sum += rows[i]!;
        squares += rows[i]! * rows[i]!;
      }
      const mean = family.norm === "layer" ? sum / dModel : 0;
      const variance = Math.max(0, squares / dModel - mean * mean) * embeddingScale ** 2;
      out[t] = embeddingScale / Math.sqrt(variance + epsilon);
    }
  }
  return out;
}

function centred(v: Float32Array): Float32Array {
  let mean = 0;
  for (const x of v) mean += x / v.length;
  return v.map(x => x - mean);
}
