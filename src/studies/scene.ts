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

/**
 * Labels dealt anew so that each class gets every label in proportion. A plain shuffle of two tight classes gives one of them a
 * few more of its own, and what is learnt from it then reads all of them right, or all wrong, by a toss.
 */
export function dealtEvenly(labels: readonly string[], next: () => number): string[] {
  const order = shuffled([...labels.keys()], next).sort((a, b) =>
    labels[a]! < labels[b]! ? -1 : labels[a]! > labels[b]! ? 1 : 0,
  );
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const given = new Map([...counts.keys()].map(label => [label, 0]));
  const dealt = [...labels];
  order.forEach((item, k) => {
    // Whoever is furthest behind its share of the items so far.
    let best = labels[item]!;
    let most = Number.NEGATIVE_INFINITY;
    for (const [label, count] of counts) {
      const behind = (count * (k + 1)) / labels.length - given.get(label)!;
      if (behind > most) [best, most] = [label, behind];
    }
    given.set(best, given.get(best)! + 1);
    dealt[item] = best;
  });
  return dealt;
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
