/**
 * Do labels from examples predict, on text that the index has not seen, where the unit fires?
 *
 * For each labelled unit: the AUROC of its activation between the tokens that the label names and all others. And as a
 * control the same with the label of another unit, which says what any frequent word would reach.
 */
import { auroc } from "../search/auroc.ts";
import { holds, type Rule } from "./examples-label.ts";
import type { Watched } from "./watched.ts";

export interface LabelledUnit {
  readonly layer: number;
  readonly index: number;
  readonly text: string;
  readonly rule: Rule;
}

export interface LabelCheck {
  readonly layer: number;
  readonly index: number;
  readonly text: string;
  /** Tokens of the held-out text that the label names. */
  readonly named: number;
  /** Undefined where the text has fewer than five such tokens. */
  readonly auroc?: number;
  readonly control?: number;
}

/** Tokens below which nothing is said. */
const enough = 5;

export async function checkLabels(
  watched: Watched,
  units: readonly LabelledUnit[],
  windows: readonly (readonly number[])[],
  token: (id: number) => string,
  {
    batch = 16,
    signal,
    progress,
  }: { batch?: number; signal?: AbortSignal; progress?: (done: number, of: number) => void } = {},
): Promise<LabelCheck[]> {
  const on = units.map(() => [] as number[]);
  const off = units.map(() => [] as number[]);
  const otherOn = units.map(() => [] as number[]);
  const otherOff = units.map(() => [] as number[]);
  const order = [...windows].sort((a, b) => a.length - b.length);
  for (let first = 0; first < order.length; first += batch) {
    signal?.throwIfAborted();
    progress?.(first, order.length);
    const some = order.slice(first, first + batch);
    const longest = some.at(-1)!.length;
    const texts = some.map(ids => ids.map(token));
    const padded = some.map(ids => [...ids, ...new Array<number>(longest - ids.length).fill(ids.at(-1)!)]);
    await watched.run(
      padded,
      (at, values) => {
        const { layer, units: width } = watched.layers[at]!;
        units.forEach((unit, u) => {
          if (unit.layer !== layer) return;
          const other = units[(u + Math.floor(units.length / 2)) % units.length]!;
          texts.forEach((tokens, b) => {
            for (let t = 1; t < tokens.length; t++) {
              const v = values[(b * longest + t) * width + unit.index]!;
              (holds(unit.rule, tokens, t) ? on : off)[u]!.push(v);
              (holds(other.rule, tokens, t) ? otherOn : otherOff)[u]!.push(v);
            }
          });
        });
      },
      signal,
    );
  }
  return units.map(({ layer, index, text }, u) => ({
    layer,
    index,
    text,
    named: on[u]!.length,
    ...(on[u]!.length >= enough ? { auroc: auroc(on[u]!, off[u]!) } : {}),
    ...(otherOn[u]!.length >= enough ? { control: auroc(otherOn[u]!, otherOff[u]!) } : {}),
  }));
}
