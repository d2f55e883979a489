/**
 * Where the hub is and where its cache lies: the environment variables of the Python library, read the same way, so
 * that both find each other's downloads.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../core/problem.ts";

export interface HubSettings {
  /** Address of the hub, without a slash at the end (HF_ENDPOINT). */
  readonly endpoint: string;
  /** The folder that holds `models--owner--name` (HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME). */
  readonly cache: string;
  /** HF_TOKEN, or the file that `hf auth login` writes. */
  readonly token: string | undefined;
  /** HF_HUB_OFFLINE: nothing is asked of the network. */
  readonly offline: boolean;
}

/** Reads the environment. Throws a Problem when HF_ENDPOINT is not an address. */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const home = path(env.HF_HOME) ?? join(path(env.XDG_CACHE_HOME) ?? join(homedir(), ".cache"), "huggingface");
  const endpoint = (env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new Problem(`HF_ENDPOINT is "${endpoint}", which is not an address`, {
      advice: "HF_ENDPOINT=https://huggingface.co, or unsetting it",
    });
  }
  return {
    endpoint,
    cache: path(env.HF_HUB_CACHE) ?? path(env.HUGGINGFACE_HUB_CACHE) ?? join(home, "hub"),
    token: token(env, home),
    offline: isTrue(env.HF_HUB_OFFLINE) || isTrue(env.TRANSFORMERS_OFFLINE),
  };
}

function token(env: NodeJS.ProcessEnv, home: string): string | undefined {
  const given = clean(env.HF_TOKEN) ?? clean(env.HUGGING_FACE_HUB_TOKEN);
  if (given) return given;
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  try {
    return clean(readFileSync(path(env.HF_TOKEN_PATH) ?? join(home, "token"), "utf8"));
  } catch {
    return undefined;
  }
}

/** A token copied with its line end still works. */
function clean(text: string | undefined): string | undefined {
  return text?.replace(/[\r\n]/g, "").trim() || undefined;
}

function path(text: string | undefined): string | undefined {
  return text ? text.replace(/^~(?=$|[/\\])/, homedir()) : undefined;
}

function isTrue(text: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(text ?? "");
}
