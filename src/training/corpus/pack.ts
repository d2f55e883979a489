/**
 * Documents packed into rows of one length, with everything a training step needs.
 *
 * Each document is <bos> text <eos>; it sees only itself, and its positions start at 0. The mask is kept as three
 * numbers a position instead of a matrix. Two training aids hide a little more (disclosed in the model card):
 *
 * - gist: in some couplets, what follows the line break sees nothing before the line break, so what the second line
 *   needs must be ready there;
 * - entity: in some documents, the earlier pieces of a name are hidden from everything after the name, so its last piece
 *   must stand for the whole.
 *
 * And in a share of the documents only the answer and what follows it carry a loss: half the tokens of a question (which
 * city, which numbers) cannot be foretold, and their noise drowns what there is to learn.
 */
import { internal } from "../../core/problem.ts";
import { type Encoder, spanOf } from "../tokenizer/encoder.ts";
import { conceptsIn } from "./concepts.ts";
import type { Document } from "./mixture.ts";
import { Random } from "./random.ts";
import type { Draft } from "./task.ts";

/** Query q sees key k when start[q] ≤ k ≤ q, and (k = start[q] or k ≥ first[q]), and q ≤ last[k]. All are places in the row. */
export interface Visibility {
  /** Where the query's document begins (its begin token, which stays visible). [row, position] */
  readonly start: Int32Array;
  /** The earliest other key the query sees. */
  readonly first: Int32Array;
  /** The last query that sees this key. */
  readonly last: Int32Array;
}

export interface Batch {
  readonly rows: number;
  readonly length: number;
  /** Token ids; the rest of a row is filled with end tokens. [row, position] */
  readonly ids: Int32Array;
  /** The next token of the same document, or -1 where there is none (no loss there). */
  readonly targets: Int32Array;
  /** Restart at each document. */
  readonly positions: Int32Array;
  readonly mask: Visibility;
  /** What a word's last piece stands for, a city's last piece, and the answer that follows a token; -1 elsewhere. [row, position] */
  readonly concepts?: {
    readonly read: Int32Array;
    readonly placed: Int32Array;
    readonly said: Int32Array;
    /** 1 where the concept itself takes the place of the word that was read. */
    readonly instead: Uint8Array;
  };
  /** Tokens that carry a loss. */
  readonly tokens: number;
}

export interface PackOptions {
  readonly rows: number;
  readonly length: number;
  readonly seed: number;
  /** Share of the couplets with the gist mask. */
  readonly gist?: number;
  /** Share of the documents with the entity mask. */
  readonly entity?: number;
  /** Share of a task's documents whose prompt carries no loss. */
  readonly answersOnly?: (task: string) => number;
  /** Share of the questions about words of the language tasks in which the concept itself stands in their place. */
  readonly conceptsInstead?: number;
  /** Whether what code reads and calls is a concept too: a name that was given, or not. */
  readonly namesInCode?: boolean;
  /** The roles that the entity mask is about. */
  readonly entityRoles?: readonly string[];
}

interface Packed {
  readonly ids: readonly number[];
  /** The first token that is learnt to be foretold. */
  readonly learnFrom: number;
  /** Relative to the document: where `first` changes, and the key it changes to. */
  readonly gistAt: number;
  /** Relative stretches whose earlier pieces are hidden afterwards. */
  readonly names: readonly { first: number; last: number }[];
  /** Relative places, and the concepts there. */
  readonly read: readonly Place[];
  readonly placed: readonly Place[];
  readonly said: readonly Place[];
  readonly instead: boolean;
}

interface Place {
  readonly at: number;
  readonly concept: number;
}

const defaultRoles = ["city", "person", "word"];

/** Endless and deterministic batches of documents. Rows are filled to about 97 %. */
export function* batches(documents: Iterable<Document>, encoder: Encoder, options: PackOptions): Generator<Batch> {
  const random = new Random(options.seed ^ 0x5eed);
  const source = documents[Symbol.iterator]();
  yield* packed(() => fromDocument(source.next().value as Document, encoder, random, options), options, encoder.eos);
}

/** Token ids, begin token first. */
export interface Sequence {
  readonly ids: readonly number[];
  /** The first token that is learnt to be foretold; the first after the begin token when left out. */
  readonly learnFrom?: number;
}

/** Any endless sequences, without masks; of one that is longer than a row, the beginning. */
export function* sequenceBatches(
  sequences: Iterable<Sequence>,
  size: { readonly rows: number; readonly length: number },
): Generator<Batch> {
  const source = sequences[Symbol.iterator]();
  const next = (): Packed => {
    const { ids: whole, learnFrom = 1 } = source.next().value as Sequence;
    const ids = whole.slice(0, size.length);
    return {
      ids,
      learnFrom: Math.min(learnFrom, ids.length),
      gistAt: -1,
      names: [],
      read: [],
      placed: [],
      said: [],
      instead: false,
    };
  };
  yield* packed(next, size, 0);
}

function* packed(draw: () => Packed, { rows, length }: { rows: number; length: number }, pad: number) {
  let waiting: Packed[] = [];
  for (;;) {
    const free = new Int32Array(rows).fill(length);
    const inRow: Packed[][] = Array.from({ length: rows }, () => []);
    const left: Packed[] = [];
    // A document that fits nowhere waits for the next batch; enough of those, and this batch is full.
    while (left.length < rows) {
      const next = waiting.shift() ?? draw();
      let best = -1;
      for (let r = 0; r < rows; r++) {
        if (free[r]! >= next.ids.length && (best < 0 || free[r]! < free[best]!)) best = r;
      }
      if (best < 0) left.push(next);
      else {
        inRow[best]!.push(next);
        free[best]! -= next.ids.length;
      }
    }
    waiting = [...left, ...waiting];
    yield assemble(inRow, rows, length, pad);
  }
}

/** The piece with which a document's answer begins, of those that start at these places. */
const answerAmong = ({ promptEnd }: Draft, starts: readonly number[]): number =>
  starts.findIndex(start => start >= promptEnd);

/**
 * The first token that is learnt to be foretold, the begin token counted: in so large a share of the questions the answer's.
 * A statement tells its fact anywhere, so all of it is learnt.
 */
export function learntFrom(document: Draft, starts: readonly number[], answersOnly: number, random: Random): number {
  const only = random.chance(answersOnly) && !document.unjudged;
  return only ? Math.max(1, answerAmong(document, starts) + 1) : 1;
}

function fromDocument(document: Document, encoder: Encoder, random: Random, options: PackOptions): Packed {
  const pieces = encoder.encodeWithPieces(document.text);
  const ids = [encoder.bos, ...pieces.ids, encoder.eos];
  if (ids.length > options.length) {
    throw internal(`a document of ${ids.length} tokens does not fit rows of ${options.length}: ${document.text}`);
  }
  const learnFrom = learntFrom(document, pieces.starts, options.answersOnly?.(document.task) ?? 0, random);
  const { read, placed, said } = conceptsIn(document, options.namesInCode);
  const gistDrawn = random.chance(options.gist ?? 0.5);
  const entityDrawn = random.chance(options.entity ?? 0.5);
  let gistAt = -1;
  if (gistDrawn && document.gist !== undefined) {
    gistAt = spanOf({ role: "break", start: document.gist, end: document.gist + 1 }, pieces)!.first;
  }
  const names: { first: number; last: number }[] = [];
  const { conceptsInstead = 0 } = options;
  const instead = conceptsInstead > 0 && !document.unjudged && read.length > 0 && random.chance(conceptsInstead);
  if (entityDrawn || instead) {
    const roles = options.entityRoles ?? defaultRoles;
    for (const mark of document.marks) {
      const span = roles.includes(mark.role) ? spanOf(mark, pieces) : undefined;
      if (span && span.last > span.first) names.push(span);
    }
  }
  const atLast = (marks: typeof read): Place[] =>
    marks.flatMap(mark => {
      const span = spanOf(mark, pieces);
      return span ? [{ at: span.last, concept: mark.concept }] : [];
    });
  // The begin token stands before the pieces, so this is the token before the answer.
  return {
    ids,
    learnFrom,
    gistAt,
    names,
    read: atLast(read),
    placed: atLast(placed),
    said: said === undefined ? [] : [{ at: answerAmong(document, pieces.starts), concept: said }],
    instead,
  };
}

function assemble(inRow: readonly Packed[][], rows: number, length: number, pad: number): Batch {
  const size = rows * length;
  const ids = new Int32Array(size).fill(pad);
  const targets = new Int32Array(size).fill(-1);
  const positions = new Int32Array(size);
  const start = new Int32Array(size);
  const first = new Int32Array(size);
  const last = new Int32Array(size).fill(length - 1);
  const nowhere = () => new Int32Array(size).fill(-1);
  const concepts = { read: nowhere(), placed: nowhere(), said: nowhere(), instead: new Uint8Array(size) };
  let tokens = 0;
  for (let r = 0; r < rows; r++) {
    const row = r * length;
    let at = 0;
    for (const { ids: own, learnFrom, gistAt, names, read, placed, said, instead } of inRow[r]!) {
      for (let i = 0; i < own.length; i++) {
        const here = row + at + i;
        ids[here] = own[i]!;
        positions[here] = i;
        start[here] = at;
        first[here] = gistAt >= 0 && i > gistAt ? at + gistAt : at;
        if (i + 1 >= learnFrom && i + 1 < own.length) targets[here] = own[i + 1]!;
      }
      for (const name of names) for (let i = name.first; i < name.last; i++) last[row + at + i] = at + name.last;
      for (const place of read) {
        concepts.read[row + at + place.at] = place.concept;
        if (instead) concepts.instead[row + at + place.at] = 1;
      }
      for (const place of placed) concepts.placed[row + at + place.at] = place.concept;
      for (const place of said) concepts.said[row + at + place.at] = place.concept;
      tokens += own.length - learnFrom;
      at += own.length;
    }
    // Padding sees itself, so that its softmax is one of something.
    for (; at < length; at++) start[row + at] = first[row + at] = at;
  }
  return { rows, length, ids, targets, positions, mask: { start, first, last }, concepts, tokens };
}

/** The additive mask: 0 where a query sees a key, -1e9 elsewhere. [row, 1, query, key] */
export function maskOf({ rows, length, mask: { start, first, last } }: Batch): Float32Array {
  const out = new Float32Array(rows * length * length).fill(-1e9);
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < length; q++) {
      const here = r * length + q;
      const at = here * length;
      const from = start[here]!;
      if (q <= last[r * length + from]!) out[at + from] = 0;
      for (let k = Math.max(from, first[here]!); k <= q; k++) if (q <= last[r * length + k]!) out[at + k] = 0;
    }
  }
  return out;
}
