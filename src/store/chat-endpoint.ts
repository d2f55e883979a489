/**
 * One question to an OpenAI-compatible endpoint (`POST <address>/chat/completions`), patient with a busy one: 429, 5xx,
 * a broken connection and silence are tried again. Sends a key to the address it was given for, and nowhere else.
 */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { Problem } from "../core/problem.ts";
import { networkCode, networkProblem } from "./network-problem.ts";

export interface ChatEndpoint {
  /** E.g. https://api.example.com/v1, without /chat/completions. */
  readonly address: string;
  readonly model: string;
  readonly key?: string | undefined;
  /** Milliseconds that an answer may take; 60,000 when left out. */
  readonly patience?: number;
  /** Milliseconds before the second try, doubled for each after it; 1,000 when left out. */
  readonly wait?: number;
}

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

const tries = 5;
/** An answer of 120 tokens is 1 kB; with its frame and a talkative server, a thousand times that is none. */
const mostAnswer = 1 << 20;
/** The longest pause that a server may ask for, in milliseconds. */
const mostWait = 120_000;

const answerSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});

/** Throws a Problem for an address that is none, or that carries a password. */
export function endpointAddress(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new Problem(`"${text}" is no address`, { advice: "--endpoint http://localhost:8080/v1" });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new Problem(`an endpoint is reached by http or https, not by ${url.protocol}`, {
      advice: "--endpoint http://localhost:8080/v1",
    });
  if (url.username || url.password)
    throw new Problem("an address should hold no password: it would be kept in the shell's history", {
      advice: "the key in the variable LUCIDA_ENDPOINT_KEY",
    });
  return url.href.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
}

/** The answer's text. Throws a Problem when the endpoint refuses, stays silent, or answers something else than a chat. */
export async function ask(
  endpoint: ChatEndpoint,
  messages: readonly ChatMessage[],
  { tokens, signal }: { readonly tokens: number; readonly signal?: AbortSignal },
): Promise<string> {
  const { patience = 60_000, wait = 1000 } = endpoint;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const limit = AbortSignal.timeout(patience);
    try {
      const response = await fetch(`${endpoint.address}/chat/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(endpoint.key ? { authorization: `Bearer ${endpoint.key}` } : {}),
        },
        body: JSON.stringify({ model: endpoint.model, messages, max_tokens: tokens, temperature: 0 }),
        // A redirect would carry the question, and perhaps the key, to somebody who was not named.
        redirect: "manual",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      if (response.ok) return content(await limited(response), endpoint.address);
      const busy = response.status === 429 || response.status >= 500;
      if (!busy || attempt === tries) throw await refusal(response, endpoint);
      await response.body?.cancel();
      const asked = 1000 * Number(response.headers.get("retry-after") ?? Number.NaN);
      await pause(Math.min(mostWait, Number.isFinite(asked) ? asked : wait * 2 ** (attempt - 1)), undefined, {
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      // Ports that fetch itself refuses, and the like.
      if (error instanceof TypeError && networkCode(error) === undefined)
        throw new Problem(
          `no question can be sent there: ${(error.cause as Error | undefined)?.message ?? error.message}`,
          {
            where: `at ${endpoint.address}`,
            cause: error,
          },
        );
      if (networkCode(error) === undefined || networkCode(error) === "ECONNREFUSED" || attempt === tries)
        throw networkProblem(error, endpoint.address, "the endpoint's address and whether it runs");
      await pause(wait * 2 ** (attempt - 1), undefined, { ...(signal ? { signal } : {}) });
    }
  }
}

async function limited(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > mostAnswer) throw new Problem(`the endpoint's answer is over ${mostAnswer >> 20} MB: that is no label`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function content(text: string, where: string): string {
  try {
    return answerSchema.parse(JSON.parse(text)).choices[0]!.message.content;
  } catch {
    throw new Problem("the endpoint answers, but not as an OpenAI-compatible chat does", {
      where: `at ${where}: ${JSON.stringify(text.slice(0, 80))}`,
      advice: "the address that its makers give for OpenAI clients; it often ends in /v1",
    });
  }
}

async function refusal(response: Response, { address, model, key }: ChatEndpoint): Promise<Problem> {
  const said = (await limited(response).catch(() => "")).slice(0, 300);
  const { status } = response;
  const where = `at ${address}${said ? `: ${JSON.stringify(said)}` : ""}`;
  if (status === 401 || status === 403)
    return new Problem(`the endpoint refuses ${key ? "this key" : "to answer without a key"} (${status})`, {
      where,
      advice: "a key in the variable LUCIDA_ENDPOINT_KEY",
    });
  if (status === 404)
    return new Problem(`the endpoint knows no chat, or no model "${model}" (404)`, {
      where,
      advice: "another --ask or --endpoint",
    });
  if (status >= 300 && status < 400)
    return new Problem(`the endpoint has moved (${status}), and a question follows no redirect`, {
      where: `at ${address}`,
      advice: `--endpoint ${endpointAddress(response.headers.get("location") ?? address)}`,
    });
  if (status === 429 || status >= 500)
    return new Problem(`the endpoint is still busy or broken after ${tries} tries (${status})`, {
      where,
      advice: "again later: labels that arrived are kept",
    });
  return new Problem(`the endpoint answered ${status}`, { where });
}
