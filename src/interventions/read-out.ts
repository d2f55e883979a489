/** Logits of runs under interventions, from their final streams. */
import { internal } from "../core/problem.ts";
import { finalStream, type Recording } from "../models/record.ts";
import { holdsNorms, type Mode } from "./variants.ts";

/**
 * Normed final streams [n, dModel]. Where the mode holds norm scales, the scale is that of the recorded run at
 * `position`.
 */
export async function normedUnder(
  recording: Recording,
  streams: Float32Array<ArrayBuffer>,
  mode: Mode,
  position = recording.tokens - 1,
): Promise<Float32Array<ArrayBuffer>> {
  const { model } = recording;
  const { dModel, family } = model.config;
  const { normed, scale } = await model.finalNorm(streams);
  if (!holdsNorms(model, mode)) return normed;
  const recorded = await model.finalNorm(finalStream(recording, position));
  const beta = family.norm === "layer" ? await model.finalBias() : undefined;
  for (let i = 0; i < normed.length; i++) {
    const bias = beta?.[i % dModel] ?? 0;
    const own = scale[Math.floor(i / dModel)]!;
    normed[i] = ((normed[i]! - bias) / own) * recorded.scale[0]! + bias;
  }
  return normed;
}

/** Logits [n, vocabulary] of final streams [n, dModel] at one position, as the model gives them. */
export async function logitsUnder(
  recording: Recording,
  streams: readonly Float32Array[],
  mode: Mode,
  position?: number,
): Promise<Float32Array<ArrayBuffer>[]> {
  if (streams.length === 0) return [];
  const { model } = recording;
  const { dModel, vocabulary, logitCap } = model.config;
  const all = new Float32Array(streams.length * dModel);
  streams.forEach((stream, i) => {
    if (stream.length !== dModel) throw internal("one position's stream is expected");
    all.set(stream, i * dModel);
  });
  const logits = await model.project(await normedUnder(recording, all, mode, position));
  if (logitCap !== undefined)
    for (let i = 0; i < logits.length; i++) logits[i] = logitCap * Math.tanh(logits[i]! / logitCap);
  return streams.map((_, i) => logits.slice(i * vocabulary, (i + 1) * vocabulary));
}
