/**
 * Which files of a repository a model needs: its configuration, tokenizer and safetensors; never a pickle, never the
 * same weights twice.
 */
import { Problem } from "../../core/problem.ts";
import { onlyPickles } from "../pickles.ts";

/** Small files, taken where they exist. The card (README.md) says the licence. */
const small = new Set([
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "tokenizer.model",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "chat_template.json",
  "chat_template.jinja",
  "README.md",
]);

export const indexName = "model.safetensors.index.json";

export interface Wanted {
  readonly small: readonly string[];
  /** Weights that can be named now ... */
  readonly weights: readonly string[];
  /** ... or whether the index has to be read first: then its shards are the weights. */
  readonly index: boolean;
}

/**
 * Chooses among the names at the top of a repository. `file` asks for one GGUF file.
 * Throws a Problem when the repository holds no weights that can be read.
 */
export function wanted(names: readonly string[], repository: string, file?: string): Wanted {
  const where = `in ${repository}`;
  const ggufs = names.filter(name => name.endsWith(".gguf"));
  if (file !== undefined) {
    if (!ggufs.includes(file)) {
      throw new Problem(`there is no file ${file}`, { where, advice: choice(ggufs, repository) });
    }
    return { small: ["README.md"].filter(name => names.includes(name)), weights: [file], index: false };
  }
  const tensors = names.filter(name => name.endsWith(".safetensors"));
  const base = names.filter(name => small.has(name));
  if (names.includes("config.json")) {
    if (tensors.includes("model.safetensors")) return { small: base, weights: ["model.safetensors"], index: false };
    if (names.includes(indexName)) return { small: [...base, indexName], weights: [], index: true };
    if (tensors.length === 1) return { small: base, weights: tensors, index: false };
  }
  if (ggufs.length > 0) {
    if (ggufs.length === 1) return wanted(names, repository, ggufs[0]);
    throw new Problem(`this repository holds ${ggufs.length} GGUF files, and one has to be chosen`, {
      where,
      advice: choice(ggufs, repository),
    });
  }
  const pickle = onlyPickles(names, repository);
  if (pickle) throw pickle;
  throw new Problem(
    names.includes("config.json")
      ? "this repository holds no weights that can be read (safetensors or GGUF)"
      : "this repository holds no language model: it has neither a config.json nor a GGUF file",
    { where, advice: "another repository; lucida models lists some that are known to work" },
  );
}

/** Q4_K_M and Q8_0 are what most people want; the rest is named too, up to a handful. */
function choice(ggufs: readonly string[], repository: string): string {
  if (ggufs.length === 0) return `${repository} without a file name`;
  const liking = (name: string) => (/q4_k_m/i.test(name) ? 0 : /q8_0/i.test(name) ? 1 : /q[456]/i.test(name) ? 2 : 3);
  const sorted = [...ggufs].sort((a, b) => liking(a) - liking(b) || (a < b ? -1 : 1));
  const shown = sorted.slice(0, 6).map(name => `${repository}/${name}`);
  return [...shown, ...(sorted.length > 6 ? [`(and ${sorted.length - 6} more)`] : [])].join("\n      ");
}

/** The shards that an index names, in order. Throws a Problem when it isn't an index, or names files elsewhere. */
export function shardsOf(index: string, where: string): string[] {
  let map: unknown;
  try {
    map = (JSON.parse(index) as { weight_map?: unknown }).weight_map;
  } catch {
    map = undefined;
  }
  const shards = map && typeof map === "object" ? [...new Set(Object.values(map as Record<string, unknown>))] : [];
  const good = shards.filter((name): name is string => typeof name === "string" && /^[\w.-]+\.safetensors$/.test(name));
  if (shards.length === 0 || good.length < shards.length) {
    throw new Problem(`${indexName} does not say which files hold the weights`, {
      where: `in ${where}`,
      advice: "fetching the model again",
    });
  }
  return good.sort();
}
