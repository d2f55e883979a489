/** The routes: thin, each a question to the runs, the gallery, the queue or the worker. Paths and types are in api.ts. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { streamSSE } from "hono/streaming";
import { z } from "zod";
import type { TraceDocument } from "../attribution/document.ts";
import { Problem } from "../core/problem.ts";
import type { Runs } from "../store/runs.ts";
import type { Documents, Models, ServerEvent, ServerState } from "./api.ts";
import { exported, fileStem } from "./exports.ts";
import type { Gallery } from "./gallery.ts";
import { guard } from "./guard.ts";
import { imported } from "./imports.ts";
import { errorInfo, type Jobs } from "./jobs.ts";
import { openApi } from "./openapi.ts";
import { exportFormat, jobRequest, promptInput, runChange } from "./schemas.ts";
import type { WorkerHost } from "./worker-host.ts";

export interface Parts {
  readonly version: string;
  /** Where the built page lies. */
  readonly build?: string;
  readonly runs: Runs;
  readonly gallery: Gallery;
  readonly jobs: Jobs;
  readonly worker: WorkerHost;
  /** What can be chosen, and what takes how long here. */
  models(): Promise<Models>;
  /** Serves the page's files; absent where there is no page (tests of the API alone). */
  readonly page?: (c: import("hono").Context) => Response | Promise<Response>;
  /** Host names besides loopback's. */
  readonly names?: readonly string[];
  /** Tells every page; returns how to stop. */
  listen(listener: (event: ServerEvent) => void): () => void;
  tell(event: ServerEvent): void;
}

/** Requests are small; files that are dropped on the page are not. */
const smallBody = 2 * 2 ** 20;
const importBody = 100 * 2 ** 20;
/** How long a page may be away (a reload, a sleeping laptop's hiccup) before its work is cancelled. */
const patience = 5_000;

export function app(parts: Parts): Hono {
  const { runs, gallery, jobs, worker } = parts;
  const hono = new Hono();
  const pages = new Map<string, number>();

  hono.use(guard(parts.names));
  const tooLarge = (limit: number) =>
    bodyLimit({
      maxSize: limit,
      onError: c =>
        c.json({ error: { what: `the request is larger than ${limit / 2 ** 20} MB`, advice: "a smaller one" } }, 413),
    });
  hono.use("/api/import", tooLarge(importBody));
  hono.use("/api/*", (c, next) => {
    // Whole documents are larger than questions.
    if (c.req.path === "/api/import") return next();
    return tooLarge(c.req.method === "PUT" ? importBody : smallBody)(c, next);
  });

  hono.onError((error, c) => {
    if (error instanceof z.ZodError) {
      const [first] = error.issues;
      const at = first?.path.join(".");
      return c.json(
        { error: { what: first?.message ?? "the request is wrong", where: at ? `at ${at}` : undefined } },
        400,
      );
    }
    if (error instanceof SyntaxError) return c.json({ error: { what: "the request is not JSON" } }, 400);
    if (error.name === "AbortError") return c.json({ error: { what: "cancelled" } }, 499 as 400);
    if (!(error instanceof Problem)) console.error(error);
    return c.json({ error: errorInfo(error) }, error instanceof Problem ? 422 : 500);
  });

  const documentText = async (id: string) => (await gallery.text(id)) ?? (await runs.text(id));
  const documentOf = async (id: string) => {
    const text = await documentText(id);
    if (text === undefined)
      throw new Problem(`there is no saved chart "${id.slice(0, 80)}"`, { advice: "the list of runs" });
    return JSON.parse(text) as TraceDocument;
  };

  hono.get("/api/openapi.json", c => c.json(openApi(parts.version)));
  hono.get("/api/state", c => {
    const state: ServerState = {
      version: parts.version,
      worker: worker.crashes > 0 ? "restarted" : worker.running ? "running" : "idle",
      memory: process.memoryUsage().rss,
      jobs: jobs.list(),
    };
    return c.json(state);
  });
  hono.get("/api/models", async c => c.json(await parts.models()));

  hono.get("/api/documents", async c => {
    const listed: Documents = { gallery: await gallery.list(), runs: await runs.list() };
    return c.json(listed);
  });
  hono.get("/api/documents/:id", async c => {
    const text = await documentText(c.req.param("id"));
    if (text === undefined) {
      const what = `there is no saved chart "${c.req.param("id").slice(0, 80)}"`;
      return c.json({ error: { what, advice: "the list of runs" } }, 404);
    }
    return c.body(text, 200, { "Content-Type": "application/json" });
  });
  hono.get("/api/documents/:id/export", async c => {
    const as = exportFormat.parse(c.req.query("as"));
    const document = await documentOf(c.req.param("id"));
    const file = await exported(document, as, parts.version, parts.build);
    return c.body(file.body, 200, {
      "Content-Type": file.type,
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(`${fileStem(document)}.${file.extension}`)}`,
    });
  });
  hono.patch("/api/documents/:id", async c => {
    const changed = await runs.change(c.req.param("id"), runChange.parse(await c.req.json()));
    if (!changed) return c.json({ error: { what: "there is no such run", advice: "the list of runs" } }, 404);
    parts.tell({ type: "runs" });
    return c.json(changed);
  });
  hono.put("/api/documents/:id", async c => {
    const { document } = await imported(new Uint8Array(await c.req.arrayBuffer()), "the changed chart");
    const run = await runs.replace(c.req.param("id"), document);
    if (!run) return c.json({ error: { what: "there is no such run", advice: "the list of runs" } }, 404);
    return c.json(run);
  });
  hono.post("/api/import", async c => {
    const name = c.req.query("name")?.slice(0, 200) ?? "the file";
    const { document, notes } = await imported(new Uint8Array(await c.req.arrayBuffer()), name);
    const run = await runs.save(document);
    parts.tell({ type: "runs" });
    return c.json({ run, notes }, 201);
  });

  // Short questions go straight to the worker, and stop when the browser stops listening.
  for (const method of ["tokens", "predict"] as const) {
    hono.post(`/api/${method}`, async c => {
      const { model, ...input } = promptInput.parse(await c.req.json());
      return c.json(await worker.call(method, model, input, { signal: c.req.raw.signal }));
    });
  }

  hono.post("/api/jobs", async c => c.json(jobs.add(jobRequest.parse(await c.req.json())), 202));
  hono.get("/api/jobs/:id", c => {
    const job = jobs.get(c.req.param("id"));
    return job ? c.json(job) : c.json({ error: { what: "there is no such job any more" } }, 404);
  });
  hono.get("/api/jobs/:id/result", c => {
    const job = jobs.get(c.req.param("id"));
    if (!job) return c.json({ error: { what: "there is no such job any more" } }, 404);
    if (job.state === "failed") return c.json({ error: job.error }, 422);
    if (job.state !== "done") return c.json({ error: { what: `this job is ${job.state}` } }, 409);
    return c.json(jobs.result(job.id) ?? null);
  });
  hono.delete("/api/jobs/:id", c => {
    const id = c.req.param("id");
    const job = c.req.query("early") ? jobs.letGo(id) : jobs.cancel(id);
    return job ? c.json(job) : c.json({ error: { what: "there is no such job any more" } }, 404);
  });

  hono.get("/api/events", c =>
    streamSSE(c, async stream => {
      const client = c.req.query("client")?.slice(0, 64);
      if (client) pages.set(client, (pages.get(client) ?? 0) + 1);
      const send = (event: ServerEvent) => void stream.writeSSE({ data: JSON.stringify(event) }).catch(() => {});
      const forget = [
        jobs.listen((event, of) => {
          if (client === undefined || of === client) send(event);
        }),
        parts.listen(send),
      ];
      send({ type: "model", ...(worker.resident ? { resident: worker.resident } : {}) });
      for (const job of jobs.list(client)) send({ type: "job", job });
      const gone = new Promise<void>(done => stream.onAbort(done));
      // A comment now and then, so that a connection that died silently is noticed.
      const beat = setInterval(() => void stream.write(": \n\n").catch(() => {}), 15_000);
      await gone;
      clearInterval(beat);
      for (const stop of forget) stop();
      if (!client) return;
      pages.set(client, (pages.get(client) ?? 1) - 1);
      if (pages.get(client)! > 0) return;
      pages.delete(client);
      setTimeout(() => {
        if (!pages.has(client)) jobs.cancelOf(client);
      }, patience).unref();
    }),
  );

  hono.all("/api/*", c =>
    c.json({ error: { what: `there is no ${c.req.method} ${c.req.path}`, advice: "GET /api/openapi.json" } }, 404),
  );
  if (parts.page) hono.get("*", parts.page);
  return hono;
}
