/**
 * A unit's label from what it says and what feeds it in this prompt: deterministic, and silent when in doubt.
 */
import { least, type UnitLabel } from "./label.ts";
import type { End } from "./strongest-tokens.ts";
import { sameWord } from "./token-text.ts";

/** Shares of a unit's attribution, 0 to 1. */
export interface UnitShares {
  /** Of what feeds it, the share that comes straight from the embedding at its own position. */
  readonly shareOwnEmbedding: number;
  /** Of what it does to the targets, the share that reaches the logits directly, through no other unit. */
  readonly directLogitShare: number;
}

export interface Evidence extends UnitShares {
  readonly promotes: End;
  readonly suppresses: End;
  readonly reads?: End | undefined;
  /** How many standard deviations its own token lies above the vocabulary in what it reads. */
  readonly ownZ?: number | undefined;
  /** The token at its position, and whether it begins, ends or is a whole word of the prompt. */
  readonly own: { readonly text: string; readonly wholeWord: boolean };
}

/** A direct share or own-embedding share from which on a kind of label is considered at all. */
const dominates = 0.5;

/**
 * `says "Austin"` where the direct effect on the logits dominates and the promoted tokens stand out or agree;
 * `the word "Dallas"` where the embedding at its own place feeds it and it picks that token out of the vocabulary;
 * undefined in every other case.
 */
export function unitLabel(evidence: Evidence): UnitLabel | undefined {
  const both = [says(evidence), reads(evidence)].filter(label => label && label.confidence >= least);
  return both.sort((a, b) => b!.confidence - a!.confidence)[0];
}

function says({ promotes, suppresses, directLogitShare }: Evidence): UnitLabel | undefined {
  if (directLogitShare < dominates) return undefined;
  const up = promotes.tokens[0];
  const down = suppresses.tokens[0];
  const against = down && (!up || (down.z > 1.25 * up.z && suppresses.confidence > promotes.confidence));
  const token = against ? down : up;
  if (!token) return undefined;
  const end = against ? suppresses : promotes;
  return {
    text: `${against ? "against" : "says"} "${token.text.trim()}"`,
    source: "says",
    confidence: directLogitShare * end.confidence,
  };
}

function reads({ own, ownZ, reads, shareOwnEmbedding }: Evidence): UnitLabel | undefined {
  if (shareOwnEmbedding < dominates || ownZ === undefined) return undefined;
  // Many units are fed by whatever stands there. One that means this word ranks it far above the rest: 2 standard
  // deviations are the top 2 % of the vocabulary, 4 a handful of tokens.
  const picks = Math.min(1, Math.max(0, (ownZ - 2) / 2));
  const agrees = reads?.tokens[0] && sameWord(reads.tokens[0].text, own.text) ? 1 : picks;
  const shown = own.text.trim() === "" ? own.text.replaceAll("\n", "⏎").replaceAll(" ", "␣") : own.text.trim();
  const kind = !/[\p{L}\p{N}]/u.test(shown) ? "the mark" : own.wholeWord ? "the word" : "the piece";
  return { text: `${kind} "${shown}"`, source: "reads", confidence: shareOwnEmbedding * Math.max(picks, agrees) };
}
