/** What a test works with. */
import { random } from "../core/random.ts";
import { hash } from "../training/corpus/random.ts";
import type { Item } from "./item.ts";
import type { Lab } from "./lab.ts";

/** Ways to make a study's findings impossible: none of them may make it hold. */
export type Null = "random weights" | "shuffled labels" | "random directions";
export const nulls: readonly Null[] = ["random weights", "shuffled labels", "random directions"];

export interface Scene {
  readonly lab: Lab;
  readonly items: readonly Item[];
  /** Did the model, left alone, answer this item right? */
  right(item: Item): boolean;
  /** Unrelated text, for the guard. */
  readonly texts: readonly (readonly number[])[];
  readonly seed: number;
  readonly null?: Null | undefined;
  progress(done: number, of: number): void;
}

/** Random numbers that belong to this item and purpose, whatever was drawn before. */
export const drawFor = (scene: Scene, purpose: string): (() => number) => random(hash(`${scene.seed}/${purpose}`));

export function shuffled<T>(values: readonly T[], next: () => number): T[] {
  const out = [...values];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/** At most `count`, by a hash of their ids: which ones does not depend on what they turn out to show. */
export function some(items: readonly Item[], count: number): Item[] {
  return [...items].sort((a, b) => hash(a.id) - hash(b.id) || (a.id < b.id ? -1 : 1)).slice(0, count);
}

/** Layers that are tried: all of a shallow model, about twelve of a deep one. */
export function layersTried(layers: number, upTo = 1): number[] {
  const end = Math.max(1, Math.ceil(layers * upTo));
  const step = Math.max(1, Math.ceil(end / 12));
  return Array.from({ length: Math.ceil(end / step) }, (_, i) => i * step);
}
