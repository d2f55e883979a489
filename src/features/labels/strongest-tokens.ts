/**
 * The tokens that stand out along a direction: the strongest at both ends of a score over the whole vocabulary, with
 * how far they stand out and whether they agree. Scores arrive in pieces; only the ends are kept.
 */
import { folded, sameWord, showable } from "./token-text.ts";

export interface TokenScore {
  readonly id: number;
  readonly text: string;
  /** Standard deviations above the vocabulary's mean; of the lower end below it (positive, too). */
  readonly z: number;
}

/** One end of the scores, strongest first, spellings of one word once. */
export interface End {
  readonly tokens: readonly TokenScore[];
  /**
   * 0 to 1. How far the first stands out beyond what the best of so many normal numbers would, together with how many
   * of the others are spellings of the same word.
   */
  readonly confidence: number;
}

/** Candidates kept at each end: enough that spellings of one word don't crowd out the others. */
const kept = 24;
/** Of these, how many share the first one's word is the agreement. */
const compared = 10;

export class StrongestTokens {
  private readonly high = new Best();
  private readonly low = new Best();
  private count = 0;
  private sum = 0;
  private squares = 0;
  private readonly text: (id: number) => string;

  constructor(text: (id: number) => string) {
    this.text = text;
  }

  /** Scores of the tokens first, first + 1, ... */
  add(first: number, scores: Float32Array): void {
    const { high, low } = this;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < scores.length; i++) {
      const v = scores[i]!;
      sum += v;
      squares += v * v;
      if (v > high.floor && showable(this.text(first + i))) high.offer(first + i, v);
      if (-v > low.floor && showable(this.text(first + i))) low.offer(first + i, -v);
    }
    this.count += scores.length;
    this.sum += sum;
    this.squares += squares;
  }

  get mean(): number {
    return this.sum / this.count;
  }

  get spread(): number {
    return Math.sqrt(Math.max(0, this.squares / this.count - this.mean ** 2));
  }

  /** The n strongest: of the upper end, or of the lower. */
  end(which: "high" | "low", n: number): End {
    const { ids, values } = which === "high" ? this.high : this.low;
    const mean = which === "high" ? this.mean : -this.mean;
    const spread = this.spread;
    if (ids.length === 0 || !(spread > 0)) return { tokens: [], confidence: 0 };
    const all = ids.map((id, i) => ({ id, text: this.text(id), z: (values[i]! - mean) / spread }));
    const seen = new Set<string>();
    const tokens = all.filter(t => !seen.has(folded(t.text)) && seen.add(folded(t.text))).slice(0, n);
    const stands = clamp(all[0]!.z / expectedBest(this.count) - 1);
    const others = all.slice(1, compared);
    const agree = others.filter(t => sameWord(t.text, all[0]!.text)).length / Math.max(1, others.length);
    return { tokens, confidence: 1 - (1 - stands) * (1 - clamp(2 * agree)) };
  }
}

const clamp = (v: number): number => Math.min(1, Math.max(0, v));

/** The mean of the largest of n standard normal numbers (extreme-value asymptote). */
export function expectedBest(n: number): number {
  if (n < 3) return 1;
  const root = Math.sqrt(2 * Math.log(n));
  return root - (Math.log(Math.log(n)) + Math.log(4 * Math.PI)) / (2 * root);
}

/** The largest few, sorted downwards. */
class Best {
  readonly ids: number[] = [];
  readonly values: number[] = [];
  /** What a new one has to beat. */
  floor = Number.NEGATIVE_INFINITY;

  offer(id: number, value: number): void {
    let at = this.ids.length;
    while (at > 0 && this.values[at - 1]! < value) at--;
    this.ids.splice(at, 0, id);
    this.values.splice(at, 0, value);
    if (this.ids.length > kept) {
      this.ids.pop();
      this.values.pop();
    }
    if (this.ids.length === kept) this.floor = this.values[kept - 1]!;
  }
}
