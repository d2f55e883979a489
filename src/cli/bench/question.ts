/** What a bench asks: one question, answered in a process of its own by some figures. */
import type { OpenModel } from "../../store/open-model.ts";

export interface Figure {
  /** "predict, 64 tokens": the same from version to version, so that results compare. */
  readonly name: string;
  readonly value: number;
  readonly unit: "s" | "ms" | "MB" | "GFLOP/s" | "rows/s" | "runs/s" | "times" | "share" | "exponent";
  /** The project's own goal for SmolLM2-135M on two quiet cores, where there is one. */
  readonly goal?: { readonly most?: number; readonly least?: number };
}

export interface Given {
  /** Opens the model anew, without its weights. */
  open(): Promise<OpenModel>;
  readonly signal: AbortSignal;
  /** A shorter run, for trying the bench itself: small sizes only. */
  readonly quick: boolean;
  progress(done: number, of: number): void;
}

export interface Question {
  readonly name: string;
  readonly what: string;
  run(given: Given): Promise<Figure[]>;
}

/** Most memory that this process has had, in MB of 10⁶ bytes. */
export const peakMemory = (): number => (process.resourceUsage().maxRSS * 1024) / 1e6;

/** Seconds that `work` takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Token ids that every vocabulary of 2,000 or more has, in no order: what they say does not matter for time. */
export const someIds = (tokens: number, vocabulary: number): number[] =>
  Array.from({ length: tokens }, (_, i) => (37 + i * 7919) % Math.min(vocabulary, 20_000));
