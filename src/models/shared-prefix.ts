/** What several runs that begin alike share: keys and values of their first tokens, worked out once. */
import { type Tensor, tensor } from "../core/tensor.ts";
import { Cache, forward } from "./forward.ts";
import type { Model } from "./model.ts";

/** Keys and values of these tokens, one run. */
export async function prefixOf(model: Model, ids: readonly number[], signal?: AbortSignal): Promise<Cache> {
  const cache = new Cache();
  await forward(model, [ids], { cache, signal });
  return cache;
}

/** The same for a batch of runs; a run adds to its cache, so each batch gets its own. */
export function widened(cache: Cache, batch: number): Cache {
  const wide = new Cache();
  wide.length = cache.length;
  const repeat = ({ shape, data }: Tensor): Tensor => {
    const out = new Float32Array(data.length * batch);
    for (let b = 0; b < batch; b++) out.set(data as Float32Array, b * data.length);
    return tensor([batch, ...shape.slice(1)], out);
  };
  wide.keys.push(...cache.keys.map(repeat));
  wide.values.push(...cache.values.map(repeat));
  return wide;
}
