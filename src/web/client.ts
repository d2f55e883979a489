/** The server from the page's side: typed questions, jobs with progress, and one stream of events. */
import type { TraceDocument } from "../attribution/document.ts";
import type {
  Documents,
  ErrorInfo,
  JobKind,
  JobKinds,
  JobStatus,
  Models,
  Prediction,
  PromptInput,
  RunInfo,
  ServerEvent,
} from "../server/api.ts";

/** What the server refused, or that it is not there: in its words. */
export class Refused extends Error {
  readonly info: ErrorInfo;
  constructor(info: ErrorInfo) {
    super(info.what);
    this.info = info;
  }
}

const away: ErrorInfo = {
  what: "Lucida's server does not answer",
  advice: "starting it again in the terminal: lucida",
};

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Refused(away);
  }
  const value: unknown = await response.json().catch(() => undefined);
  if (response.ok) return value as T;
  const error = (value as { error?: ErrorInfo } | undefined)?.error;
  throw new Refused(error ?? { what: `the server answered ${response.status}` });
}

const send = <T>(method: string, path: string, body: unknown, signal?: AbortSignal) =>
  ask<T>(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });

/** This page, for the server: its work ends when the page goes. */
const client = crypto.randomUUID().slice(0, 8);

type Listener = (event: ServerEvent) => void;
const listeners = new Set<Listener>();
const waiting = new Map<string, (job: JobStatus) => void>();
const parts = new Map<string, (part: unknown) => void>();
/** Parts that came before the answer that said which job they are of. */
const early = new Map<string, unknown[]>();
let connected = false;

/** Opens the stream of events; the browser opens it again by itself when it breaks. */
export function connect(onState: (connected: boolean) => void): () => void {
  const source = new EventSource(`/api/events?client=${client}`);
  source.onopen = () => {
    connected = true;
    onState(true);
  };
  source.onerror = () => {
    connected = false;
    onState(false);
  };
  source.onmessage = message => {
    const event = JSON.parse(message.data) as ServerEvent;
    if (event.type === "job") waiting.get(event.job.id)?.(event.job);
    if (event.type === "part") {
      const take = parts.get(event.job);
      if (take) take(event.part);
      else early.set(event.job, [...(early.get(event.job) ?? []), event.part]);
    }
    for (const listener of listeners) listener(event);
  };
  return () => source.close();
}

export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onStatus?: (job: JobStatus) => void;
  /** A piece of the result, ahead of the whole. Some may be missed; the result holds them all. */
  readonly onPart?: (part: unknown) => void;
}

/** Asks for long work and waits for it. Aborting the signal cancels the work itself. */
export async function job<K extends JobKind>(
  kind: K,
  model: string,
  input: JobKinds[K]["input"],
  options: RunOptions = {},
): Promise<JobKinds[K]["result"]> {
  const started = await send<JobStatus>("POST", "/api/jobs", { kind, model, input, client });
  options.onStatus?.(started);
  if (options.onPart) {
    parts.set(started.id, options.onPart);
    for (const part of early.get(started.id) ?? []) options.onPart(part);
  }
  const cancel = () => void send("DELETE", `/api/jobs/${started.id}`, {}).catch(() => {});
  if (options.signal?.aborted) cancel();
  options.signal?.addEventListener("abort", cancel, { once: true });
  try {
    const ended = await end(started, options);
    if (ended.state === "cancelled") throw new DOMException("cancelled", "AbortError");
    if (ended.state === "failed") throw new Refused(ended.error ?? { what: "the work failed" });
    return await ask(`/api/jobs/${started.id}/result`);
  } finally {
    options.signal?.removeEventListener("abort", cancel);
    waiting.delete(started.id);
    parts.delete(started.id);
    early.delete(started.id);
  }
}

/**
 * Begins work that nobody has asked for yet; the same question asked as a job takes it over. Aborting the signal lets go
 * of it, unless it was taken over. What goes wrong is told to whoever asks.
 */
export function begin<K extends JobKind>(
  kind: K,
  model: string,
  input: JobKinds[K]["input"],
  signal: AbortSignal,
): void {
  send<JobStatus>("POST", "/api/jobs", { kind, model, input, client, early: true }).then(
    ({ id }) => {
      const letGo = () => void send("DELETE", `/api/jobs/${id}?early=1`, {}).catch(() => {});
      if (signal.aborted) letGo();
      else signal.addEventListener("abort", letGo, { once: true });
    },
    () => {},
  );
}

/** By the stream, and by asking now and then in case an event was missed. */
function end(started: JobStatus, options: RunOptions): Promise<JobStatus> {
  return new Promise((done, failed) => {
    const see = (status: JobStatus) => {
      options.onStatus?.(status);
      if (status.state === "queued" || status.state === "running") return;
      clearInterval(timer);
      done(status);
    };
    waiting.set(started.id, see);
    const look = () =>
      ask<JobStatus>(`/api/jobs/${started.id}`).then(see, error => {
        if (connected) return;
        clearInterval(timer);
        failed(error);
      });
    const timer = setInterval(look, 2500);
    void look();
  });
}

export const api = {
  models: () => ask<Models>("/api/models"),
  documents: () => ask<Documents>("/api/documents"),
  document: (id: string) => ask<TraceDocument>(`/api/documents/${encodeURIComponent(id)}`),
  change: (id: string, to: { title?: string; deleted?: boolean }) =>
    send<RunInfo>("PATCH", `/api/documents/${encodeURIComponent(id)}`, to),
  replace: (id: string, document: TraceDocument) =>
    send<RunInfo>("PUT", `/api/documents/${encodeURIComponent(id)}`, document),
  predict: (model: string, input: PromptInput, signal?: AbortSignal) =>
    send<Prediction>("POST", "/api/predict", { model, ...input }, signal),
  import: (file: File) =>
    ask<{ run: RunInfo; notes: string[] }>(`/api/import?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: file,
    }),
  exportUrl: (id: string, as: string) => `/api/documents/${encodeURIComponent(id)}/export?as=${as}`,
};

export function errorOf(error: unknown): ErrorInfo | undefined {
  if (error instanceof Refused) return error.info;
  if (error instanceof DOMException && error.name === "AbortError") return undefined;
  return { what: error instanceof Error ? error.message : String(error) };
}
