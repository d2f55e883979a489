/**
 * A fast encoder for our own tokenizer.json, for millions of training tokens; `@huggingface/tokenizers` reads the same
 * file everywhere else, and a test holds the two equal.
 *
 * A text is cut into pieces, and each piece looked up once and then remembered. Knows no special tokens in the text.
 */
import { internal } from "../../core/problem.ts";
import type { Mark } from "../corpus/line.ts";
import { bos, eos, type TokenizerJson } from "./build.ts";
import { cut, fromByteLetters, toByteLetters } from "./pieces.ts";

/** Tokens first..last, both included, counted with the begin token at 0. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export class Encoder {
  readonly bos: number;
  readonly eos: number;
  readonly size: number;
  private readonly vocab: ReadonlyMap<string, number>;
  private readonly ranks = new Map<string, number>();
  private readonly known = new Map<string, readonly number[]>();
  private readonly tokens: string[] = [];

  constructor(json: TokenizerJson) {
    this.vocab = new Map(Object.entries(json.model.vocab));
    for (const [token, id] of this.vocab) this.tokens[id] = token;
    for (const [rank, [a, b]] of json.model.merges.entries()) this.ranks.set(`${a} ${b}`, rank);
    this.size = this.vocab.size;
    this.bos = this.vocab.get(bos)!;
    this.eos = this.vocab.get(eos)!;
  }

  /** Ids without begin and end tokens. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const piece of cut(text)) for (const id of this.piece(piece)) ids.push(id);
    return ids;
  }

  count(text: string): number {
    let n = 0;
    for (const piece of cut(text)) n += this.piece(piece).length;
    return n;
  }

  decode(ids: readonly number[]): string {
    const letters = ids
      .filter(id => id !== this.bos && id !== this.eos)
      .map(id => this.tokens[id]!)
      .join("");
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(fromByteLetters(letters));
  }

  /** Ids, and for each the offset in the text at which its piece begins and ends. */
  encodeWithPieces(text: string): { ids: number[]; starts: number[]; ends: number[] } {
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    let at = 0;
    for (const piece of cut(text)) {
      for (const id of this.piece(piece)) {
        ids.push(id);
        starts.push(at);
        ends.push(at + piece.length);
      }
      at += piece.length;
    }
    return { ids, starts, ends };
  }

  private piece(piece: string): readonly number[] {
    let ids = this.known.get(piece);
    if (!ids) {
      ids = this.lookUp(toByteLetters(piece));
      // Strangers' names come without end; what is kept must not.
      if (this.known.size > 50_000) this.known.clear();
      this.known.set(piece, ids);
    }
    return ids;
  }

  private lookUp(letters: string): number[] {
    const whole = this.vocab.get(letters);
    if (whole !== undefined) return [whole];
    const parts = [...letters];
    for (;;) {
      let best = -1;
      let bestRank = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = this.ranks.get(`${parts[i]} ${parts[i + 1]}`);
        if (rank !== undefined && rank < bestRank) [best, bestRank] = [i, rank];
      }
      if (best < 0) break;
      parts.splice(best, 2, parts[best]! + parts[best + 1]!);
    }
    return parts.map(part => {
      const id = this.vocab.get(part);
      if (id === undefined) throw internal(`the tokenizer lacks ${part}`);
      return id;
    });
  }
}

/** Which tokens hold a marked stretch of text (a piece that begins with the space before it counts as inside). */
export function spanOf(mark: Mark, pieces: { starts: readonly number[]; ends: readonly number[] }): Span | undefined {
  let first = -1;
  let last = -1;
  for (let i = 0; i < pieces.starts.length; i++) {
    if (pieces.ends[i]! > mark.start && pieces.starts[i]! < mark.end) {
      if (first < 0) first = i;
      last = i;
    }
  }
  return first < 0 ? undefined : { first: first + 1, last: last + 1 };
}
