/**
 * What units say and read, in tokens: each direction's strongest tokens over the whole vocabulary.
 */
import type { Model } from "../../models/model.ts";
import { type End, StrongestTokens } from "./strongest-tokens.ts";
import { batch, type EachPiece, embeddingScores, logitScores } from "./vocabulary-scores.ts";

export interface Promoted {
  readonly promotes: End;
  readonly suppresses: End;
}

export interface Read {
  /** Tokens that push the unit the way it went. */
  readonly reads: End;
  /** Of the tokens asked about: standard deviations above the vocabulary's mean. */
  readonly own?: number;
}

export interface EvidenceOptions {
  /** Tokens to keep at each end. */
  readonly n?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tokens whose logits rise and fall most when each of these vectors [dModel] is written to the stream, through the
 * final norm's gain and the unembedding, centred over the vocabulary. A vector already carries its activation's sign.
 */
export async function promoted(
  model: Model,
  decoders: readonly Float32Array[],
  text: (id: number) => string,
  { n = 10, signal }: EvidenceOptions = {},
): Promise<Promoted[]> {
  const found = await strongest(model, decoders, text, logitScores, signal);
  return found.map(s => ({ promotes: s.end("high", n), suppresses: s.end("low", n) }));
}

/**
 * The tokens whose embedding, normed as a layer's input is, each of these pulls [dModel] reads most (input lens): what
 * would activate the unit by its own embedding alone. Good for early layers, a hint in later ones.
 * `own` names a token a pull, whose standing among the others is given too.
 */
export async function readTokens(
  model: Model,
  encoders: readonly Float32Array[],
  text: (id: number) => string,
  { n = 10, signal, own }: EvidenceOptions & { readonly own?: readonly number[] } = {},
): Promise<Read[]> {
  const scoreOfOwn = new Float32Array(encoders.length);
  const found = await strongest(model, encoders, text, embeddingScores, signal, (d, first, scores) => {
    const at = (own?.[d] ?? -1) - first;
    if (at >= 0 && at < scores.length) scoreOfOwn[d] = scores[at]!;
  });
  return found.map((s, d) => ({
    reads: s.end("high", n),
    ...(own && s.spread > 0 ? { own: (scoreOfOwn[d]! - s.mean) / s.spread } : {}),
  }));
}

async function strongest(
  model: Model,
  vectors: readonly Float32Array[],
  text: (id: number) => string,
  scores: (model: Model, vectors: readonly Float32Array[], each: EachPiece) => Promise<void>,
  signal: AbortSignal | undefined,
  look?: (vector: number, first: number, scores: Float32Array) => void,
): Promise<StrongestTokens[]> {
  const found = vectors.map(() => new StrongestTokens(text));
  for (let start = 0; start < vectors.length; start += batch) {
    signal?.throwIfAborted();
    const some = vectors.slice(start, start + batch);
    await scores(model, some, (first, tokens, all) => {
      for (let d = 0; d < some.length; d++) {
        const mine = all.subarray(d * tokens, (d + 1) * tokens);
        found[start + d]!.add(first, mine);
        look?.(start + d, first, mine);
      }
    });
  }
  return found;
}
