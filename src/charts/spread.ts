/**
 * Places things along a line: each as near as it can be to where it would like to stand, in the given order, none
 * overlapping. Least squares by pooling adjacent violators, so the answer is the same every time.
 */
export interface Standing {
  /** Where its middle would like to be. */
  readonly at: number;
  readonly width: number;
  /** How much it minds being moved; 1 unless told. */
  readonly weight?: number;
}

/** Middles, in the given order, with `gap` between neighbours, within [from, to] when they fit. */
export function spread(items: readonly Standing[], gap: number, from = -Infinity, to = Infinity): number[] {
  // Taking off the room that everything before needs turns "no overlap" into "not decreasing".
  const offset: number[] = [];
  let used = 0;
  for (const [i, item] of items.entries()) {
    used += i === 0 ? 0 : items[i - 1]!.width / 2 + gap + item.width / 2;
    offset.push(used);
  }
  const pools: { sum: number; weight: number; count: number }[] = [];
  for (const [i, item] of items.entries()) {
    const weight = item.weight ?? 1;
    pools.push({ sum: (item.at - offset[i]!) * weight, weight, count: 1 });
    while (pools.length > 1) {
      const b = pools[pools.length - 1]!;
      const a = pools[pools.length - 2]!;
      if (a.sum / a.weight <= b.sum / b.weight) break;
      pools.splice(-2, 2, { sum: a.sum + b.sum, weight: a.weight + b.weight, count: a.count + b.count });
    }
  }
  const low = items.length ? from + items[0]!.width / 2 : 0;
  const high = items.length ? to - items.at(-1)!.width / 2 - offset.at(-1)! : 0;
  const middles: number[] = [];
  for (const pool of pools) {
    const at = Math.max(low, Math.min(pool.sum / pool.weight, Math.max(low, high)));
    for (let i = 0; i < pool.count; i++) middles.push(at + offset[middles.length]!);
  }
  return middles;
}
