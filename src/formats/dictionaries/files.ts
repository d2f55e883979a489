/**
 * The files of one dictionary, wherever they lie: names with slashes, opened on demand.
 */
import { Problem } from "../../core/problem.ts";
import type { Bytes } from "../bytes.ts";
import { isRecord, parseJson } from "../json.ts";
import { npz } from "../npz.ts";
import { safetensors } from "../safetensors.ts";
import type { Weights } from "../weights.ts";

/** A file of another repository, as `hf://owner/name/path?revision=x` names it. */
export interface ElsewhereReference {
  readonly repository: string;
  readonly file: string;
  readonly revision: string | undefined;
}

export interface DictionaryFiles {
  /** The folder or repository, for messages and as the dictionary's name. */
  readonly name: string;
  /** All names, relative, with "/" between folders. */
  readonly names: readonly string[];
  open(name: string): Promise<Bytes>;
  /** Opens a file of another repository; left out where there is no network. */
  elsewhere?(reference: ElsewhereReference): Promise<Bytes>;
}

/** `hf://owner/name/path/to/file?revision=main`. Throws a Problem when it is not of this form. */
export function parseElsewhere(uri: string): ElsewhereReference {
  const match = /^hf:\/\/([\w.-]+\/[\w.-]+)\/([^?#]+)(?:\?([^#]*))?$/.exec(uri);
  if (!match || match[2]!.split("/").includes("..")) {
    throw new Problem(`"${uri.slice(0, 200)}" does not name a file of the hub`, {
      advice: "hf://owner/name/path/of/file?revision=main",
    });
  }
  const revision = /(?:^|&)revision=([^&]+)/.exec(match[3] ?? "")?.[1];
  return { repository: match[1]!, file: match[2]!, revision: revision && decodeURIComponent(revision) };
}

export async function readText(files: DictionaryFiles, name: string): Promise<string> {
  const bytes = await files.open(name);
  // Configurations of real dictionaries are under 10 kB; the longest list of files we know takes 4 kB.
  if (bytes.size > 4_000_000) {
    throw new Problem(`${name} has ${bytes.size} bytes, which is no configuration`, { where: `in ${files.name}` });
  }
  return new TextDecoder().decode(await bytes.read(0, bytes.size));
}

export async function readRecord(files: DictionaryFiles, name: string): Promise<Record<string, unknown>> {
  const value = parseJson(await readText(files, name), `${name} of ${files.name}`);
  if (isRecord(value)) return value;
  throw new Problem(`${name} is not a table of settings`, { where: `in ${files.name}` });
}

/** Tensors of a .safetensors or .npz file. Throws a Problem for a pickle, with the one line that converts it. */
export async function openTensors(bytes: Bytes, name: string): Promise<Weights> {
  if (isPickle(name)) throw pickle(name);
  return name.endsWith(".npz") ? npz(bytes) : safetensors(bytes);
}

export const isPickle = (name: string): boolean => /\.(pt|pth|bin|ckpt|pkl|pickle)$/i.test(name);

/** Pickles are programs: refused, with the line of Python that makes safetensors of one. */
export function pickle(name: string, where?: string): Problem {
  const quoted = /^[\w@%+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
  const to = quoted.replace(/\.\w+('?)$/, ".safetensors$1");
  return new Problem(`${name} is a pickle, which can run any program when it is opened`, {
    where: where && `in ${where}`,
    advice: `converting it once, where you trust it:\n  python -c "import sys, torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() for k, v in torch.load(sys.argv[1], map_location='cpu', weights_only=True).items()}, sys.argv[2])" ${quoted} ${to}`,
  });
}
