/**
 * Keeps the worker: starts it when it is first needed, sends calls, and starts another when it dies. A call that was
 * under way then fails with a sentence; nothing else is lost.
 */
import type { ChildProcess } from "node:child_process";
import { Problem } from "../core/problem.ts";
import { endProcess, modelProcess } from "../store/model-process.ts";
import type { ModelState } from "./api.ts";
import type { CallOptions, Method, Methods, Reply, Request } from "./instrument.ts";

interface Pending extends CallOptions {
  resolve(value: never): void;
  reject(error: unknown): void;
}

export class WorkerHost {
  /** Workers that died so far. */
  crashes = 0;
  resident: ModelState | undefined;
  private worker: ChildProcess | undefined;
  private calls = 0;
  private readonly pending = new Map<number, Pending>();
  private readonly entry: string;
  private readonly onResident: (model: ModelState | undefined) => void;

  /** `entry` is the built worker file. */
  constructor(entry: string, onResident: (model: ModelState | undefined) => void = () => {}) {
    this.entry = entry;
    this.onResident = onResident;
  }

  get running(): boolean {
    return this.worker !== undefined;
  }

  /** The process's number, while it runs: for tests that measure or kill it. */
  get pid(): number | undefined {
    return this.worker?.pid;
  }

  call<M extends Method>(
    method: M,
    model: string,
    input: Methods[M]["input"],
    options: CallOptions = {},
  ): Promise<Methods[M]["result"]> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    this.worker ??= this.start();
    const call = ++this.calls;
    const cancel = () => this.send({ cancel: call });
    options.signal?.addEventListener("abort", cancel, { once: true });
    const result = new Promise<never>((resolve, reject) => {
      this.pending.set(call, { ...options, resolve, reject });
    });
    this.send({ call, method, model, input });
    return result.finally(() => options.signal?.removeEventListener("abort", cancel));
  }

  async stop(): Promise<void> {
    const worker = this.worker;
    this.worker = undefined;
    if (worker) await endProcess(worker);
  }

  private send(request: Request): void {
    // One that has just died fails its calls when that is told.
    if (this.worker?.connected) this.worker.send(request, () => {});
  }

  private start(): ChildProcess {
    const worker = modelProcess(this.entry);
    // This process may end while the worker waits for work.
    worker.unref();
    worker.channel?.unref();
    worker.on("message", (reply: Reply) => this.receive(reply));
    worker.on("error", error => this.died(worker, error.message));
    worker.on("exit", (code, by) => this.died(worker, by ? `killed by ${by}` : `exit code ${code}`));
    return worker;
  }

  private receive(reply: Reply): void {
    if ("resident" in reply) {
      this.resident = reply.resident;
      this.onResident(reply.resident);
      return;
    }
    const pending = this.pending.get(reply.call);
    if (!pending) return;
    if ("stage" in reply) {
      pending.progress?.(reply.stage, reply.done, reply.total);
      return;
    }
    if ("part" in reply) {
      pending.part?.(reply.part);
      return;
    }
    this.pending.delete(reply.call);
    if ("result" in reply) pending.resolve(reply.result as never);
    else if (reply.error.cancelled) pending.reject(new DOMException("cancelled", "AbortError"));
    else if (reply.error.bug) pending.reject(new Error(reply.error.what));
    else pending.reject(new Problem(reply.error.what, reply.error));
  }

  private died(worker: ChildProcess, why: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.crashes++;
    this.resident = undefined;
    this.onResident(undefined);
    const problem = new Problem(`the worker that runs the model stopped (${why})`, {
      advice: "again (a new worker is ready); if it was memory, a smaller model or a shorter prompt",
    });
    const all = [...this.pending.values()];
    this.pending.clear();
    for (const pending of all) pending.reject(problem);
  }
}
