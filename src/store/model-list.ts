/**
 * What models are on this machine: the specimen, and what the hub's cache holds, whoever put it there.
 * Reads configurations and cards, no weights.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { holdsModel, presentFiles } from "./hub/cache.ts";
import type { HubSettings } from "./hub/settings.ts";
import { siblingFolder, siblings, specimenFolder } from "./models.ts";
import { onlyPickles } from "./pickles.ts";

export interface ListedModel {
  /** What to give to --model. */
  readonly name: string;
  readonly source: "specimen" | "hub";
  /** "gguf", or model_type of its configuration. */
  readonly family: string;
  /** Bytes on the disk, of all its files. */
  readonly size: number;
  /** As its card or configuration says. */
  readonly licence: string | undefined;
  readonly path: string;
  /** The commit, for a model of the hub. */
  readonly revision: string | undefined;
  /** Why it can't be used as it is; undefined when it can. */
  readonly trouble: string | undefined;
}

/** Every model here, the specimen and its siblings first, then by name. A broken cache entry is listed with its trouble, never thrown. */
export async function listModels(settings: HubSettings): Promise<ListedModel[]> {
  const folders = (await readdir(settings.cache).catch(() => [] as string[])).filter(name => /^models--/.test(name));
  const cached = await Promise.all(folders.map(folder => repositoryModels(settings.cache, folder)));
  const own = await Promise.all([
    listed(specimenFolder(), "specimen", "specimen", undefined),
    ...[...siblings.keys()].map(name => listed(siblingFolder(name), name, "specimen", undefined)),
  ]);
  return [
    ...own.filter(model => model.trouble === undefined),
    ...cached.flat().sort((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

/** One row for each snapshot that a branch or a tag points at, and for others that hold a model. */
async function repositoryModels(cache: string, folder: string): Promise<ListedModel[]> {
  const repository = folder.replace(/^models--/, "").replace("--", "/");
  const base = join(cache, folder);
  const commits = await readdir(join(base, "snapshots")).catch(() => [] as string[]);
  const refs = await refsOf(join(base, "refs"));
  const rows: ListedModel[] = [];
  for (const commit of commits.sort()) {
    const revision = refs.get(commit);
    const path = join(base, "snapshots", commit);
    const name = revision === "main" ? repository : `${repository}@${revision ?? commit}`;
    const files = await presentFiles(path);
    // Repositories of other things (tokenizers alone, dictionaries, pictures) are not models.
    const isModel = files.some(
      file => file === "config.json" || file.endsWith(".gguf") || file.endsWith(".safetensors"),
    );
    if (!isModel) continue;
    const ggufs = files.filter(file => file.endsWith(".gguf"));
    if (files.includes("config.json") || ggufs.length === 0) rows.push(await listed(path, name, "hub", commit));
    else {
      const [at, rest] = [`${repository}/`, name.slice(repository.length)];
      for (const file of ggufs) rows.push(await listed(path, `${at}${file}${rest}`, "hub", commit, file));
    }
  }
  return rows;
}

/** commit → branch or tag; main wins. */
async function refsOf(folder: string, prefix = ""): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      for (const [commit, ref] of await refsOf(path, `${prefix}${entry.name}/`)) found.set(commit, ref);
    } else {
      const commit = (await readFile(path, "utf8").catch(() => "")).trim();
      if (found.get(commit) !== "main") found.set(commit, `${prefix}${entry.name}`);
    }
  }
  return found;
}

async function listed(
  path: string,
  name: string,
  source: ListedModel["source"],
  revision: string | undefined,
  gguf?: string,
): Promise<ListedModel> {
  const files = await presentFiles(path);
  const counted = gguf === undefined ? files : [gguf];
  const sizes = await Promise.all(
    counted.map(file =>
      stat(join(path, file)).then(
        info => info.size,
        () => 0,
      ),
    ),
  );
  const config = await json(join(path, "config.json"));
  const whole = gguf !== undefined || (await holdsModel(path, files).catch(() => false));
  return {
    name,
    source,
    family:
      gguf !== undefined
        ? "gguf"
        : (text(config?.model_type) ?? text((config?.text_config as Json)?.model_type) ?? "?"),
    size: sizes.reduce((a, b) => a + b, 0),
    licence: licenceOf(await readFile(join(path, "README.md"), "utf8").catch(() => "")) ?? text(config?.license),
    path: gguf === undefined ? path : join(path, gguf),
    revision,
    trouble: whole ? undefined : onlyPickles(files, name) ? "pickles only" : "not whole",
  };
}

type Json = Record<string, unknown> | undefined;

async function json(path: string): Promise<Json> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return value && typeof value === "object" ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `license:` in the front matter of a model card; "other" gives way to the name it has. */
export function licenceOf(card: string): string | undefined {
  const front = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1];
  if (front === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*["']?([^"'\\r\\n]+?)["']?[ \\t]*$`, "m").exec(front)?.[1];
  const licence = field("license");
  return licence === "other" ? (field("license_name") ?? licence) : licence;
}
