/**
 * Words for the units of one trace: tokens that each promotes, suppresses and reads, and a label where the evidence
 * bears one. All units together: one pass over the unembedding and one over the embedding.
 */
import type { Model } from "../../models/model.ts";
import type { UnitLabel } from "./label.ts";
import { promoted, readTokens } from "./token-evidence.ts";
import { folded } from "./token-text.ts";
import { unitLabel } from "./unit-label.ts";

export interface LabelledUnit {
  readonly layer: number;
  readonly position: number;
  readonly index: number;
  readonly activation: number;
  /** [dModel] what it adds to the stream here, activation and sign included. */
  readonly decoder: Float32Array;
  /** [dModel] what it reads: its value is vector · stream + bias. */
  readonly encoder?: Float32Array | undefined;
  readonly row: {
    /** Share of the unit's incoming absolute attribution from the embedding at its own position, 0 to 1. */
    readonly shareOwnEmbedding: number;
    /** The same from the embedding at each position, own included. */
    readonly shareByPosition?: ArrayLike<number>;
    /** Share of its outgoing influence that reaches the logits directly, 0 to 1. */
    readonly directLogitShare: number;
  };
}

export interface LabelInput {
  readonly model: Model;
  /** One token as a person reads it. */
  readonly token: (id: number) => string;
  /** The prompt. */
  readonly ids: readonly number[];
  readonly units: readonly LabelledUnit[];
  /** Tokens to list at each end; 5 by default. */
  readonly n?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface UnitWords {
  readonly label?: UnitLabel;
  /** Strongest first; spellings of one word once. */
  readonly promotes: readonly string[];
  readonly suppresses: readonly string[];
  /** Empty where no encoder was given. */
  readonly reads: readonly string[];
}

/** In the order of `input.units`. */
export async function labelUnits(input: LabelInput): Promise<UnitWords[]> {
  const { model, token, ids, units, n = 5, signal } = input;
  if (units.length === 0) return [];
  const said = await promoted(
    model,
    units.map(unit => unit.decoder),
    token,
    { n, signal },
  );
  const reading = units.flatMap((unit, u) => (unit.encoder ? [{ u, unit, encoder: unit.encoder }] : []));
  const read = await readTokens(
    model,
    // A neuron that went negative is read the way it went.
    reading.map(({ unit, encoder }) => (unit.activation < 0 ? encoder.map(v => -v) : encoder)),
    token,
    { n, signal, own: reading.map(({ unit }) => ids[unit.position] ?? -1) },
  );
  const readOf = new Map(reading.map(({ u }, i) => [u, read[i]!]));
  const words = wholeWords(ids.map(token));
  return units.map((unit, u) => {
    const { promotes, suppresses } = said[u]!;
    const seen = readOf.get(u);
    const text = token(ids[unit.position] ?? -1);
    const label = unitLabel({
      ...unit.row,
      promotes,
      suppresses,
      reads: seen?.reads,
      ownZ: seen?.own,
      own: { text, wholeWord: words[unit.position] ?? false },
    });
    return {
      ...(label ? { label } : {}),
      promotes: promotes.tokens.map(t => t.text),
      suppresses: suppresses.tokens.map(t => t.text),
      reads: seen?.reads.tokens.map(t => t.text) ?? [],
    };
  });
}

/** [position] is the token a word by itself, joined to no letter before or after it? */
function wholeWords(texts: readonly string[]): boolean[] {
  const inside = (text: string | undefined, edge: RegExp) => text !== undefined && edge.test(text);
  return texts.map((text, i) => {
    if (folded(text) === "") return false;
    const joinedBefore = /^[\p{L}\p{M}\p{N}]/u.test(text) && inside(texts[i - 1], /[\p{L}\p{M}\p{N}]$/u);
    const joinedAfter = /[\p{L}\p{M}\p{N}]$/u.test(text) && inside(texts[i + 1], /^[\p{L}\p{M}\p{N}]/u);
    return !joinedBefore && !joinedAfter;
  });
}
