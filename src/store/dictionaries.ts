/**
 * From what a person typed after `--basis` to an open dictionary: a folder, or `owner/name[/folder][@revision]` of the hub
 * (also as `hf://…`). Knows where dictionaries lie, and nothing of what is inside the files.
 */
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { Problem } from "../core/problem.ts";
import type { Dictionary } from "../formats/dictionaries/dictionary.ts";
import { type DictionaryFiles, type ElsewhereReference, isPickle, pickle } from "../formats/dictionaries/files.ts";
import { readDictionary } from "../formats/dictionaries/read.ts";
import { type FileBytes, openFile } from "./file-bytes.ts";
import { below, hubFiles } from "./hub/fetch-files.ts";
import type { FetchOptions } from "./hub/fetch-model.ts";
import { type HubReference, parseReference } from "./hub/reference.ts";
import { type HubSettings, hubSettings } from "./hub/settings.ts";

export interface OpenOptions extends FetchOptions {
  readonly hub?: HubSettings;
}

export interface OpenDictionary {
  readonly dictionary: Dictionary;
  /** The folder, or the repository's address in words. */
  readonly where: string;
  /** The commit, for one of the hub. */
  readonly revision?: string;
  /** Closes its files; the dictionary can't be read after that. */
  close(): Promise<void>;
}

/** Names that circuit-tracer knows its first dictionaries by. */
const nicknames: Readonly<Record<string, string>> = {
  gemma: "mwhanna/gemma-scope-transcoders",
  llama: "mntss/transcoder-Llama-3.2-1B",
};

/** Opens (and fetches what is not here of) the dictionary. Throws a Problem in words when there is none, or it's broken. */
export async function openDictionary(text: string, options: OpenOptions = {}): Promise<OpenDictionary> {
  if (text === "")
    throw new Problem("the dictionary has no name", { advice: "--basis neurons, a folder, or owner/name" });
  const open: FileBytes[] = [];
  const opened = async (path: string): Promise<FileBytes> => {
    const bytes = await openFile(path);
    open.push(bytes);
    return bytes;
  };
  const close = async () => void (await Promise.all(open.splice(0).map(bytes => bytes.close())));
  const elsewhere = async ({ repository, file, revision }: ElsewhereReference) => {
    const reference = parseReference(`${repository}${revision ? `@${revision}` : ""}`);
    if (!reference) throw new Problem(`"${repository}" is no repository of the hub`);
    return opened(await (await remote(reference, options)).path(file));
  };
  try {
    const path = resolve(text.replace(/^~(?=$|[/\\])/, homedir()));
    const info = await stat(path).catch(() => undefined);
    if (info) {
      const folder = info.isDirectory() ? path : folderOf(path);
      const files: DictionaryFiles = {
        name: basename(folder),
        names: await below(folder, 3),
        open: name => opened(join(folder, name)),
        elsewhere,
      };
      // Folders called layers.3.mlp or average_l0_6 say what they are only with the folders above them.
      const named = { ...files, name: folder.split(/[/\\]/).slice(-3).join("/") };
      const dictionary = await readDictionary(named);
      return { dictionary: { ...dictionary, name: files.name }, where: folder, close };
    }
    const found = parseFolder(text);
    if (!found) throw missing(text, path);
    const hub = await remote(found.reference, options);
    const within = found.folder === "" ? "" : `${found.folder}/`;
    const names = hub.names.filter(name => name.startsWith(within)).map(name => name.slice(within.length));
    const name = `${found.reference.owner}/${found.reference.name}${found.folder && `/${found.folder}`}`;
    if (names.length === 0)
      throw new Problem(`there is no folder ${found.folder}`, {
        where: `in ${found.reference.owner}/${found.reference.name}, at ${hub.commit.slice(0, 8)}`,
      });
    const dictionary = await readDictionary({
      name,
      names,
      open: async file => opened(await hub.path(within + file)),
      elsewhere,
    });
    return { dictionary, where: name, revision: hub.commit, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A file of a dictionary stands for its folder. */
function folderOf(path: string): string {
  if (isPickle(path)) throw pickle(basename(path), dirname(path));
  return dirname(path);
}

/** `owner/name[/folder][@revision]`, with or without `hf://`. */
function parseFolder(text: string): { reference: HubReference; folder: string } | undefined {
  const bare = (nicknames[text] ?? text).replace(/^hf:\/\//, "").replace(/\?revision=(.+)$/, "@$1");
  const [path, revision] = bare.split("@", 2);
  const [owner, name, ...rest] = path!.split("/");
  if (!owner || !name || !rest.every(part => /^[\w.-]+$/.test(part) && part !== "..")) return undefined;
  const reference = parseReference(`${owner}/${name}${revision ? `@${revision}` : ""}`);
  return reference && { reference, folder: rest.join("/") };
}

const listings = new Map<string, ReturnType<typeof hubFiles>>();

/** A set of 30 files in another repository asks for its list once. */
function remote(reference: HubReference, options: OpenOptions): ReturnType<typeof hubFiles> {
  const settings = options.hub ?? hubSettings();
  const key = [settings.endpoint, settings.cache, reference.owner, reference.name, reference.revision].join(" ");
  let had = listings.get(key);
  if (!had) {
    had = hubFiles(reference, settings, options);
    listings.set(key, had);
    had.catch(() => {}).finally(() => setTimeout(() => listings.delete(key), 60_000).unref());
  }
  return had;
}

function missing(text: string, path: string): Problem {
  if (isPickle(text)) return pickle(text);
  return new Problem(`there is no dictionary "${text}"`, {
    where: `at ${path}`,
    advice: "--basis neurons, a folder, or owner/name[/folder][@revision] on the hub",
  });
}
