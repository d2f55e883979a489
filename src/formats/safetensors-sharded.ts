/**
 * A model in several safetensors files, found through `model.safetensors.index.json`.
 *
 * The index says which file has which tensor; each file's own header says the rest. How a file is opened is handed in.
 */
import { Problem } from "../core/problem.ts";
import type { Bytes } from "./bytes.ts";
import { isRecord } from "./json.ts";
import { tensorNamed } from "./rows.ts";
import { precisionOf, safetensors } from "./safetensors.ts";
import type { TensorInfo, Weights } from "./weights.ts";

/** The files that an index speaks of, in order. Throws a Problem for an index without a `weight_map` or with paths in it. */
export function shardNames(index: unknown, name = "model.safetensors.index.json"): string[] {
  return [...new Set(weightMap(index, name).values())].sort();
}

/**
 * @param index the parsed index file
 * @param open gives the bytes of a file that lies beside the index
 * @param name what to call the index in messages
 */
export async function shardedSafetensors(
  index: unknown,
  open: (file: string) => Promise<Bytes> | Bytes,
  name = "model.safetensors.index.json",
): Promise<Weights> {
  const map = weightMap(index, name);
  const shards = new Map<string, Weights>();
  for (const file of shardNames(index, name)) shards.set(file, await safetensors(await open(file)));
  const tensors = new Map<string, TensorInfo>();
  for (const [tensor, file] of map) {
    const info = shards.get(file)!.tensors.get(tensor);
    if (!info)
      throw new Problem(`the index says that ${tensor} is in ${file}, but it is not`, {
        where: `in ${name}`,
        advice: "fetching the files again: they are not of one version",
      });
    tensors.set(tensor, info);
  }
  return {
    tensors,
    precision: precisionOf(tensors.values()),
    async read(tensor, options) {
      tensorNamed(tensors, tensor, name);
      return shards.get(map.get(tensor)!)!.read(tensor, options);
    },
  };
}

function weightMap(index: unknown, name: string): Map<string, string> {
  const map = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(map)) throw new Problem("the index has no weight_map", { where: `in ${name}` });
  const found = new Map<string, string>();
  for (const [tensor, file] of Object.entries(map)) {
    // A file beside the index and nothing else: an index must not lead out of its folder.
    if (typeof file !== "string" || !/^[\w][\w.-]*$/.test(file))
      throw new Problem(
        `the index puts ${tensor} in ${JSON.stringify(file)}, which is not the name of a file beside it`,
        {
          where: `in ${name}`,
        },
      );
    found.set(tensor, file);
  }
  return found;
}
