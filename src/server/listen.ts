/** Starts the server: its parts put together, on the first free port of loopback. */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import type { TraceDocument } from "../attribution/document.ts";
import { internal, Problem } from "../core/problem.ts";
import { dataFolder } from "../store/data-folder.ts";
import { hubSettings } from "../store/hub/settings.ts";
import { knownModels } from "../store/known-models.ts";
import { listModels } from "../store/model-list.ts";
import { buildFolder } from "../store/package-root.ts";
import { Runs } from "../store/runs.ts";
import type { JobRequest, ModelChoice, Models, ServerEvent, Traced } from "./api.ts";
import { app, type Parts } from "./app.ts";
import { Gallery } from "./gallery.ts";
import { type Deliver, Jobs, type Work } from "./jobs.ts";
import { pageFiles } from "./page.ts";
import { WorkerHost } from "./worker-host.ts";

export interface ListenOptions {
  readonly version: string;
  readonly port: number;
  /** Loopback unless the user says otherwise. */
  readonly host?: string;
  /** Ports after the first that may be tried. */
  readonly more?: number;
  /** --model. */
  readonly model?: string | undefined;
  /** Where runs are kept. */
  readonly folder?: string;
  /** The build; found beside the running file when left out. */
  readonly build?: string;
}

export interface Listening {
  readonly url: string;
  readonly port: number;
  readonly worker: WorkerHost;
  close(): Promise<void>;
}

export async function listen(options: ListenOptions): Promise<Listening> {
  const build = options.build ?? buildFolder();
  if (!build || !existsSync(join(build, "web/index.html"))) throw internal("the build holds no page");
  const runs = new Runs(options.folder ?? join(dataFolder(), "runs"));
  const listeners = new Set<(event: ServerEvent) => void>();
  const tell = (event: ServerEvent) => {
    for (const listener of listeners) listener(event);
  };
  const worker = new WorkerHost(join(build, "server/instrument.worker.js"), resident =>
    tell({ type: "model", ...(resident ? { resident } : {}) }),
  );
  const gallery = new Gallery(join(build, "web/examples"));
  const documentOf = async (id: string): Promise<TraceDocument> => {
    const text = (await gallery.text(id)) ?? (await runs.text(id));
    if (text === undefined) throw new Problem(`there is no saved chart "${id}"`, { advice: "the list of charts" });
    return JSON.parse(text);
  };
  const work: Work = async ({ kind, model, input }, calls) => {
    if (kind === "trace") {
      const { save, ...rest } = input as JobRequest<"trace">["input"];
      return worker.call("trace", model, rest, calls);
    }
    if (kind === "verify" || kind === "roles") {
      const { document: id } = input as JobRequest<"verify">["input"];
      return worker.call(kind, model, { document: await documentOf(id) }, calls);
    }
    if (kind === "heads") {
      const { document: id, ...edge } = input as JobRequest<"heads">["input"];
      return worker.call("heads", model, { ...edge, document: await documentOf(id) }, calls);
    }
    return worker.call(kind, model, input as never, calls);
  };
  const deliver: Deliver = async ({ kind, input }, made) => {
    const document = made as TraceDocument;
    let id: string;
    if (kind === "trace") {
      if ((input as JobRequest<"trace">["input"]).save === false) return { document } satisfies Traced;
      ({ id } = await runs.save(document));
    } else if (kind === "verify" || kind === "roles") {
      id = (input as JobRequest<"verify">["input"]).document;
      await runs.replace(id, document);
    } else return made;
    tell({ type: "runs" });
    return { id, document } satisfies Traced;
  };
  const jobs = new Jobs(work, deliver);
  const parts: Parts = {
    version: options.version,
    build,
    runs,
    gallery,
    jobs,
    worker,
    models: () => models(options.model, worker, runs),
    page: await pageFiles(join(build, "web")),
    names: options.host && !isLoopback(options.host) ? [options.host.toLowerCase()] : [],
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell,
  };
  const server = createServer(getRequestListener(app(parts).fetch, { overrideGlobalObjects: false }));
  const port = await bind(server, options);
  const host = options.host ?? "127.0.0.1";
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/`,
    port,
    worker,
    async close() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
      await worker.stop();
    },
  };
}

/** Tries port, port + 1, ...; port 0 is any free one. */
async function bind(server: ReturnType<typeof createServer>, options: ListenOptions): Promise<number> {
  const host = options.host ?? "127.0.0.1";
  const last = options.port + (options.port === 0 ? 0 : (options.more ?? 0));
  for (let port = options.port; ; port++) {
    try {
      await new Promise<void>((done, failed) => {
        server.once("error", failed);
        server.listen(port, host, () => {
          server.off("error", failed);
          done();
        });
      });
      const address = server.address();
      return typeof address === "object" && address ? address.port : port;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EADDRINUSE" && port < last) continue;
      if (code === "EADDRINUSE") {
        throw new Problem(
          last > options.port ? `ports ${options.port} to ${last} are all in use` : `port ${port} is in use`,
          { advice: `--port ${last + 1}, or --port 0 for any that is free` },
        );
      }
      if (code === "EACCES") throw new Problem(`port ${port} may not be used`, { advice: "--port 5837" });
      if (code === "EADDRNOTAVAIL")
        throw new Problem(`this machine has no address ${host}`, { advice: "--host 127.0.0.1" });
      throw error;
    }
  }
}

function isLoopback(host: string): boolean {
  return host === "127.0.0.1" || host === "localhost" || host === "::1";
}

/** What is here, what could be fetched, and how long traces took. */
async function models(preferred: string | undefined, worker: WorkerHost, runs: Runs): Promise<Models> {
  const here = await listModels(hubSettings());
  const choices: ModelChoice[] = [
    ...here.map(m => ({
      name: m.name,
      here: true,
      family: m.family,
      size: m.size,
      licence: m.licence,
      trouble: m.trouble,
    })),
    ...knownModels
      .filter(known => !here.some(m => m.name === known.name || m.name.startsWith(`${known.name}@`)))
      .map(m => ({ name: m.name, here: false, family: m.family, size: m.size, licence: m.licence, gated: m.gated })),
  ];
  const named = preferred && !choices.some(c => c.name === preferred);
  if (named) choices.unshift({ name: preferred, here: true, family: "", size: 0 });
  const timings: Record<string, [number, number][]> = {};
  for (const run of (await runs.list()).slice(0, 60).reverse()) {
    if (run.seconds) (timings[run.model] ??= []).push([run.tokens, run.seconds]);
  }
  const first = preferred ?? choices.find(c => c.here && !c.trouble)?.name;
  return { choices, resident: worker.resident, preferred: first, timings };
}
