/**
 * What `--model M` means: the specimen, a folder, a `.gguf` file, or a model of the hub (cached, or fetched now).
 * Knows where models lie, and nothing of what is inside the files.
 */
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { nearest } from "../core/nearest.ts";
import { Problem } from "../core/problem.ts";
import { holdsModel, presentFiles } from "./hub/cache.ts";
import type { FetchOptions } from "./hub/fetch-model.ts";
import { parseReference, referenceText } from "./hub/reference.ts";
import { NotThere } from "./hub/request.ts";
import { type HubSettings, hubSettings } from "./hub/settings.ts";
import { indexName, shardsOf } from "./hub/wanted.ts";
import { packageRoot } from "./package-root.ts";
import { isPickle, onlyPickles, pickleFile } from "./pickles.ts";
import { systemProblem } from "./system-problem.ts";

export interface FoundModel {
  /** A Hugging Face folder (config.json and safetensors), or one GGUF file. */
  readonly kind: "folder" | "gguf";
  /** The folder or the file, absolute. */
  readonly path: string;
  /** As people call it: "specimen", "specimen-twin", "owner/name", the folder's or the file's name. */
  readonly name: string;
  readonly source: "specimen" | "disk" | "hub";
  /** The commit, for a model of the hub. */
  readonly revision?: string;
}

export interface FindOptions extends FetchOptions {
  readonly hub?: HubSettings;
}

/**
 * Finds the model that `text` names, and fetches it when it is one of the hub that isn't here.
 * Throws a Problem that says what is there instead: nearest names, the missing file, the pickle and its conversion.
 */
export async function findModel(text: string, options: FindOptions = {}): Promise<FoundModel> {
  if (text === "")
    throw new Problem("the model has no name", { advice: "--model specimen, or lucida models for others" });
  if (text === "specimen") return specimen();
  if (siblings.has(text)) return specimen(text);
  const path = resolve(text.replace(/^~(?=$|[/\\])/, homedir()));
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory()) return folderModel(path, basename(path));
  if (info) return fileModel(path);
  const reference = parseReference(text);
  // "models/x.gguf" is a slip in a path rather than a repository called x.gguf.
  if (reference && !(reference.file === undefined && /\.(gguf|safetensors)$/.test(reference.name))) {
    const { fetchModel } = await import("./hub/fetch-model.ts");
    const snapshot = fetchModel(reference, options.hub ?? hubSettings(), options);
    const { folder, file, commit } = await snapshot.catch(error => {
      throw orHere(error, path);
    });
    return {
      kind: file === undefined ? "folder" : "gguf",
      path: file === undefined ? folder : join(folder, file),
      name: referenceText(reference),
      source: "hub",
      revision: commit,
    };
  }
  throw await missing(text, path);
}

/** The folder of the model that comes with the package. Throws a Problem while it isn't there. */
export function specimenFolder(): string {
  return join(packageRoot(), "specimen");
}

/** Smaller models of the specimen's recipe that come with it, by name; see specimen/README.md. */
export const siblings: ReadonlyMap<string, string> = new Map([
  ["specimen-quarter", "quarter"],
  ["specimen-twin", "twin"],
]);

/** `name`: one of `siblings`. */
export const siblingFolder = (name: string): string => join(specimenFolder(), "siblings", siblings.get(name)!);

async function specimen(sibling?: string): Promise<FoundModel> {
  const path = sibling === undefined ? specimenFolder() : siblingFolder(sibling);
  const names = await presentFiles(path);
  if (!(await holdsModel(path, names))) {
    throw new Problem("the specimen, the small model that comes with Lucida, is not in this copy of it", {
      where: `at ${path}`,
      advice: "--model with a folder, a .gguf file, or a name on the hub (lucida models lists some)",
    });
  }
  return { kind: "folder", path, name: sibling ?? "specimen", source: "specimen" };
}

async function folderModel(path: string, name: string): Promise<FoundModel> {
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw systemProblem(error, path, "read");
  }
  const present = await presentFiles(path);
  if (await holdsModel(path, present)) return { kind: "folder", path, name, source: "disk" };
  const ggufs = present.filter(file => file.endsWith(".gguf"));
  const hasConfig = present.includes("config.json");
  if (!hasConfig && ggufs.length === 1) {
    return { kind: "gguf", path: join(path, ggufs[0]!), name: ggufs[0]!.replace(/\.gguf$/, ""), source: "disk" };
  }
  if (!hasConfig && ggufs.length > 1) {
    throw new Problem(`this folder holds ${ggufs.length} GGUF files, and one has to be chosen`, {
      where: `at ${path}`,
      advice: `--model ${join(path, ggufs.sort()[0]!)}`,
    });
  }
  const tensors = present.filter(file => file.endsWith(".safetensors"));
  if (hasConfig && present.includes(indexName)) {
    const shards = shardsOf(await readFile(join(path, indexName), "utf8"), path);
    const gone = shards.filter(shard => !present.includes(shard));
    throw new Problem(`${gone.length} of the ${shards.length} files with weights are missing, ${gone[0]} first`, {
      where: `at ${path}`,
      advice: "fetching the model again, or copying all its files",
    });
  }
  const pickles = tensors.length === 0 ? onlyPickles(names, path) : undefined;
  if (pickles) throw pickles;
  // The hub's own folder: the model lies deeper.
  if (names.includes("snapshots") && /^models--/.test(basename(path))) {
    const [, owner, ...rest] = basename(path).split("--");
    throw new Problem("this is a folder of the hub's cache, not of a model", {
      where: `at ${path}`,
      advice: `--model ${[owner, rest.join("--")].join("/")}`,
    });
  }
  const lacks = hasConfig
    ? tensors.length > 1
      ? `${tensors.length} safetensors files, and no ${indexName} to say how they go together`
      : "a config.json, and no weights (model.safetensors)"
    : tensors.length > 0
      ? "weights, and no config.json"
      : names.length === 0
        ? "nothing"
        : "no model: neither a config.json with safetensors, nor a .gguf file";
  throw new Problem(`this folder holds ${lacks}`, { where: `at ${path}`, advice: "the folder that holds config.json" });
}

async function fileModel(path: string): Promise<FoundModel> {
  const name = basename(path);
  if (name.endsWith(".gguf")) return { kind: "gguf", path, name: name.replace(/\.gguf$/, ""), source: "disk" };
  // One file of a folder that is a model means the folder.
  if (name === "config.json" || name === indexName || name.endsWith(".safetensors")) {
    return folderModel(dirname(path), basename(dirname(path)));
  }
  if (isPickle(name)) throw pickleFile(path);
  throw new Problem("this file is not a model", {
    where: `at ${path}`,
    advice: "a .gguf file, or a folder with config.json and safetensors",
  });
}

/** What is no model of the hub may have been meant as a path. */
function orHere(error: unknown, path: string): unknown {
  if (!(error instanceof NotThere)) return error;
  const where = `${error.where}, nor is there a file or folder ${path}`;
  return new Problem(error.message, { where, advice: error.advice, cause: error });
}

async function missing(text: string, path: string): Promise<Problem> {
  if (isPickle(text)) return pickleFile(text);
  // The deepest folder of the path that exists, and what is in it.
  let folder = dirname(path);
  let name = basename(path);
  while (!existsSync(folder)) [folder, name] = [dirname(folder), basename(folder)];
  const there = await readdir(folder).catch(() => [] as string[]);
  const near = nearest(
    name,
    [...new Set(["specimen", ...siblings.keys(), ...there])].filter(other => !other.startsWith(".")),
  );
  const bare = !/[/\\]/.test(text);
  const known = bare
    ? nearest(
        text,
        (await import("./known-models.ts")).knownModels.map(model => model.name),
      )
    : [];
  const meant = [
    ...near.map(other =>
      other === "specimen" || siblings.has(other) ? other : join(dirname(text) === "." ? "" : folder, other),
    ),
    ...known,
  ];
  return new Problem(`there is no model "${text}"`, {
    where: `in ${folder}, where "${name}" is missing`,
    advice:
      meant.length > 0
        ? meant.map(other => `--model ${other}`).join(" or ")
        : "specimen, a folder, a .gguf file, or owner/name on the hub (lucida models lists some)",
  });
}
