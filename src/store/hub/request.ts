/**
 * Requests to the hub: with the token (to the hub and nobody else), and with its refusals said in words.
 */
import { Problem } from "../../core/problem.ts";
import { networkProblem } from "../network-problem.ts";
import { type HubReference, repository } from "./reference.ts";
import type { HubSettings } from "./settings.ts";

export type Fetch = typeof fetch;

/** A `fetch` that knows the token and throws a Problem for every answer but a good one. */
export function hubFetch(settings: HubSettings, reference: HubReference, signal: AbortSignal): Fetch {
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init?.headers);
    headers.set("user-agent", "camera-lucida");
    if (settings.token && new URL(address).origin === new URL(settings.endpoint).origin) {
      headers.set("authorization", `Bearer ${settings.token}`);
    }
    let response: Response;
    try {
      const limits = [signal, AbortSignal.timeout(headersWithin), ...(init?.signal ? [init.signal] : [])];
      response = await fetch(address, { ...init, headers, signal: init?.signal ?? AbortSignal.any(limits) });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw networkProblem(error, settings.endpoint, advice());
    }
    if (response.ok) return response;
    const said = await response.text().catch(() => "");
    throw refusal(response, said, settings, reference);
  };
}

/** Node reads HTTPS_PROXY only when told to, and only since 24: people behind a proxy can't guess that. */
function advice(): string {
  const proxy = process.env.HTTPS_PROXY ?? process.env.https_proxy;
  if (proxy && !process.env.NODE_USE_ENV_PROXY)
    return "NODE_USE_ENV_PROXY=1 with Node 24 or later: there is an HTTPS_PROXY";
  return "again when there is a network; a folder or a .gguf file on this machine (--model PATH) needs none";
}

/** A listing that takes longer than this never comes. */
const headersWithin = 30_000;

/** Which requests may go well a moment later. */
export class Passing extends Problem {
  /** When the hub says so, in seconds. */
  readonly after: number | undefined;
  constructor(what: string, more: ConstructorParameters<typeof Problem>[1], after: number | undefined) {
    super(what, more);
    this.after = after;
  }
}

/** There is no such model, as far as the hub (or, offline, the cache) says. */
export class NotThere extends Problem {}

/** The hub's refusal in words. */
function refusal(response: Response, said: string, settings: HubSettings, reference: HubReference): Problem {
  const name = repository(reference);
  const page = `${settings.endpoint}/${name}`;
  const tokens = `${settings.endpoint}/settings/tokens`;
  const code = response.headers.get("x-error-code");
  const { status } = response;
  if (code === "GatedRepo" || (status === 403 && /gated|access to model|authorized list/i.test(said))) {
    return new Problem(`${name} is gated: its makers want you to agree to their terms first`, {
      where: `at ${page}`,
      advice: settings.token
        ? `opening ${page} and agreeing (your token was sent, but its owner has no access yet)`
        : `opening ${page}, agreeing, making a token at ${tokens}, and setting HF_TOKEN to it`,
    });
  }
  if (code === "RevisionNotFound") {
    return new Problem(`${name} has no revision "${reference.revision}"`, {
      where: `at ${page}`,
      advice: `${name} alone, or one of the branches and tags at ${page}/tree/main`,
    });
  }
  if (code === "EntryNotFound") {
    return new Problem(`a file that was listed a moment ago is gone`, { where: `at ${page}`, advice: "again" });
  }
  // The hub answers 401 for a repository that does not exist, too: it doesn't tell strangers which exist.
  if (status === 404 || (status === 401 && !settings.token) || code === "RepoNotFound") {
    return new NotThere(`there is no model ${name} on the hub, or it is private`, {
      where: `at ${page}`,
      advice: settings.token
        ? "the name as it stands at the top of the model's page"
        : `the name as it stands at the top of the model's page; if it is private, a token (HF_TOKEN, from ${tokens})`,
    });
  }
  if (status === 401 || status === 403) {
    return new Problem(`the hub does not accept your token for ${name} (${status})`, {
      where: `at ${page}`,
      advice: `a new token from ${tokens} in HF_TOKEN, or unsetting it for public models`,
    });
  }
  if (status === 429 || status >= 500) {
    const after = Number(response.headers.get("retry-after") ?? Number.NaN);
    return new Passing(
      status === 429 ? "the hub asks to slow down (429)" : `the hub has trouble of its own (${status})`,
      { where: `at ${page}`, advice: "again in a few minutes; what has arrived is kept" },
      Number.isFinite(after) ? after : undefined,
    );
  }
  return new Problem(`the hub answered ${status} ${response.statusText}`.trim(), { where: `at ${page}` });
}
