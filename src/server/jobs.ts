/**
 * Long work in a queue: one job at a time, in order, each with its progress, each to be cancelled. Jobs of a page that
 * has gone are cancelled. Knows nothing of models: what a job does is handed in.
 *
 * Work may be begun ahead of being asked for: it gives way to whatever is asked, and whoever asks for the same takes it
 * over as far as it has come.
 */
import { randomUUID } from "node:crypto";
import { Problem, sentence } from "../core/problem.ts";
import type { ErrorInfo, JobKind, JobRequest, JobStatus, ServerEvent } from "./api.ts";

export type Work = (
  request: JobRequest,
  options: {
    signal: AbortSignal;
    progress: (stage: string, done: number, total: number) => void;
    part: (part: unknown) => void;
  },
) => Promise<unknown>;

/** Makes of what was worked out what the asker gets; not called for work that nobody asked for. */
export type Deliver = (request: JobRequest, made: unknown) => Promise<unknown>;

export type JobEvent = Extract<ServerEvent, { type: "job" | "part" }>;
type Listener = (event: JobEvent, client: string | undefined) => void;

interface Job {
  readonly id: string;
  readonly kind: JobKind;
  request: JobRequest;
  readonly stop: AbortController;
  state: JobStatus["state"];
  stage?: string;
  done?: number;
  total?: number;
  began?: number;
  ended?: number;
  error?: ErrorInfo;
  result?: unknown;
}

/** Finished jobs whose result can still be fetched, and for how long. */
const keep = 32;
const keepFor = 10 * 60_000;
/** Most jobs that may wait. */
const most = 200;
/** Progress is told at most this often, in milliseconds. */
const sparse = 80;

export class Jobs {
  private readonly all = new Map<string, Job>();
  private readonly queue: Job[] = [];
  private running: Job | undefined;
  private readonly listeners = new Set<Listener>();
  /** What was begun ahead and nobody has asked for yet. */
  private early: Job | undefined;
  private readonly work: Work;
  private readonly deliver: Deliver;

  constructor(work: Work, deliver: Deliver = async (_, made) => made) {
    this.work = work;
    this.deliver = deliver;
  }

  add(request: JobRequest): JobStatus {
    const { early } = this;
    if (early && !request.early && sameWork(early.request, request)) return this.takeOver(early, request);
    if (early) this.letGo(early.id);
    if (this.queue.length >= most)
      throw new Problem(`${most} jobs are waiting already`, { advice: "again when some of them are done" });
    const id = randomUUID().slice(0, 8);
    const job: Job = { id, kind: request.kind, request, stop: new AbortController(), state: "queued" };
    this.all.set(job.id, job);
    this.queue.push(job);
    if (request.early) this.early = job;
    const status = this.status(job);
    this.tell(job);
    queueMicrotask(() => void this.next());
    return status;
  }

  get(id: string): JobStatus | undefined {
    const job = this.all.get(id);
    return job && this.status(job);
  }

  /** Undefined while there is none. Handed out once: a page asks for it when told, and it may be large. */
  result(id: string): unknown {
    return this.all.get(id)?.result;
  }

  list(client?: string): JobStatus[] {
    return [...this.all.values()]
      .filter(job => client === undefined || job.request.client === client)
      .map(job => this.status(job));
  }

  cancel(id: string): JobStatus | undefined {
    const job = this.all.get(id);
    if (!job) return undefined;
    if (job.state === "queued") {
      this.queue.splice(this.queue.indexOf(job), 1);
      this.end(job, "cancelled");
      this.tellQueue();
    } else if (job.state === "running") job.stop.abort(new DOMException("cancelled", "AbortError"));
    return this.status(job);
  }

  /** Cancels what was begun ahead, unless somebody has asked for it meanwhile. */
  letGo(id: string): JobStatus | undefined {
    if (this.early?.id !== id) return this.get(id);
    const job = this.early;
    this.early = undefined;
    delete job.result;
    return this.cancel(id);
  }

  /** The page is gone. */
  cancelOf(client: string): void {
    for (const job of this.all.values()) {
      if (job.request.client === client && (job.state === "queued" || job.state === "running")) this.cancel(job.id);
    }
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private takeOver(job: Job, request: JobRequest): JobStatus {
    this.early = undefined;
    job.request = request;
    if (job.state === "done") {
      const made = job.result;
      job.state = "running";
      delete job.result;
      delete job.ended;
      void this.hand(job, made);
    }
    return this.status(job);
  }

  private status(job: Job): JobStatus {
    const waiting = this.queue.indexOf(job);
    return {
      id: job.id,
      kind: job.kind,
      state: job.state,
      ahead: waiting < 0 ? 0 : waiting + (this.running ? 1 : 0),
      ...(job.stage === undefined ? {} : { stage: job.stage, done: job.done ?? 0, total: job.total ?? 0 }),
      ...(job.began === undefined ? {} : { seconds: ((job.ended ?? Date.now()) - job.began) / 1000 }),
      ...(job.error ? { error: job.error } : {}),
    };
  }

  private tell(job: Job): void {
    const event: JobEvent = { type: "job", job: this.status(job) };
    for (const listener of this.listeners) listener(event, job.request.client);
  }

  private tellQueue(): void {
    for (const job of this.queue) this.tell(job);
  }

  private async next(): Promise<void> {
    if (this.running) return;
    const job = this.queue.shift();
    if (!job) return;
    this.running = job;
    job.state = "running";
    job.began = Date.now();
    this.tell(job);
    this.tellQueue();
    let told = 0;
    const progress = (stage: string, done: number, total: number) => {
      const now = Date.now();
      const news = stage !== job.stage;
      Object.assign(job, { stage, done, total });
      if (!news && now - told < sparse && done < total) return;
      told = now;
      this.tell(job);
    };
    const part = (piece: unknown) => {
      const event: JobEvent = { type: "part", job: job.id, part: piece };
      for (const listener of this.listeners) listener(event, job.request.client);
    };
    try {
      const { signal } = job.stop;
      const made = await this.work(job.request, { signal, progress, part });
      signal.throwIfAborted();
      if (job.request.early) {
        job.result = made;
        this.end(job, "done");
      } else await this.hand(job, made);
    } catch (error) {
      this.fail(job, error);
    }
    this.running = undefined;
    this.tellQueue();
    void this.next();
  }

  /** To whoever asked. */
  private async hand(job: Job, made: unknown): Promise<void> {
    try {
      job.result = await this.deliver(job.request, made);
      this.end(job, job.stop.signal.aborted ? "cancelled" : "done");
    } catch (error) {
      this.fail(job, error);
    }
  }

  private fail(job: Job, error: unknown): void {
    if (job.stop.signal.aborted) this.end(job, "cancelled");
    else {
      job.error = errorInfo(error);
      this.end(job, "failed");
    }
  }

  private end(job: Job, state: "done" | "failed" | "cancelled"): void {
    // What failed is begun anew when it is asked for, so that the asker is told why.
    if (this.early === job && state !== "done") this.early = undefined;
    job.state = state;
    job.ended = Date.now();
    if (state === "cancelled") delete job.result;
    this.tell(job);
    const ended = [...this.all.values()].filter(j => j.ended !== undefined);
    const now = Date.now();
    ended.forEach((old, i) => {
      if (i >= ended.length - keep && now - old.ended! <= keepFor) return;
      this.all.delete(old.id);
      if (this.early === old) this.early = undefined;
    });
  }
}

function sameWork(a: JobRequest, b: JobRequest): boolean {
  return JSON.stringify([a.kind, a.model, a.input, a.client]) === JSON.stringify([b.kind, b.model, b.input, b.client]);
}

/** What a page shows of an error: three lines for a person, or our own mistake said as such. */
export function errorInfo(error: unknown): ErrorInfo {
  if (error instanceof Problem) return { what: error.message, where: error.where, advice: error.advice };
  return { what: sentence(error) };
}
