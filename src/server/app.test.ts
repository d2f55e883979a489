/** Who may ask, what is refused in which words, and that runs can be renamed, deleted and brought back. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TraceDocument } from "../attribution/document.ts";
import { examples } from "../charts/examples/index.ts";
import { Runs } from "../store/runs.ts";
import { app } from "./app.ts";
import { Gallery } from "./gallery.ts";
import { Jobs } from "./jobs.ts";
import { WorkerHost } from "./worker-host.ts";

const folder = mkdtempSync(join(tmpdir(), "lucida-server-"));
const home = "http://127.0.0.1:5837";
let server: ReturnType<typeof app>;

/** A made-up example draws some links downwards, which no model has. */
const upwards = (document: TraceDocument): TraceDocument => {
  const layer = (id: string) => Number(/^(?:unit|mlp)\.(\d+)/.exec(id)?.[1] ?? (id.startsWith("target") ? 1e3 : -1));
  return {
    ...document,
    edges: document.edges.filter(e => /^(unit|target)/.test(e.target) && layer(e.source) < layer(e.target)),
  };
};
const dallas = upwards(examples.dallas!);

beforeAll(() => {
  writeFileSync(join(folder, "1-dallas.json"), JSON.stringify(dallas));
  const worker = new WorkerHost(join(folder, "none.js"));
  server = app({
    version: "0.0.0",
    runs: new Runs(join(folder, "runs")),
    gallery: new Gallery(folder),
    jobs: new Jobs(async () => "done"),
    worker,
    models: async () => ({ choices: [], timings: {} }),
    listen: () => () => {},
    tell: () => {},
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
  server.request(`${home}${path}`, { ...init, headers: { host: "127.0.0.1:5837", ...init.headers } });
const errorOf = async (response: Response) =>
  ((await response.json()) as { error: { what: string; where?: string } }).error;

describe("only this machine, only this page", () => {
  test("a name that was made to point here is refused", async () => {
    const response = await ask("/api/models", { headers: { host: "evil.example:5837" } });
    expect(response.status).toBe(421);
    expect((await errorOf(response)).what).toContain("evil.example");
  });
  test.each([
    ["another site's page", { origin: "http://evil.example" }],
    ["another port of this machine", { origin: "http://127.0.0.1:9999" }],
    ["a hidden origin", { origin: "null" }],
    ["a cross-site request without an origin", { "sec-fetch-site": "cross-site" }],
  ])("%s may not ask", async (_, headers) => {
    expect((await ask("/api/models", { headers: headers as Record<string, string> })).status).toBe(403);
  });
  test("its own page and a script may", async () => {
    expect((await ask("/api/models", { headers: { origin: home, "sec-fetch-site": "same-origin" } })).status).toBe(200);
    const response = await ask("/api/models");
    expect(response.status).toBe(200);
    const policy = response.headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
  });
});

describe("what is wrong is said", () => {
  const post = (path: string, body: string) =>
    ask(path, { method: "POST", body, headers: { "content-type": "application/json" } });
  test.each([
    ["{", /not JSON/],
    ['{"kind":"trace","model":"x","input":{}}', /no prompt/],
    ['{"kind":"intervene","model":"x","input":{"prompt":"a","changes":[]}}', /no change/],
    ['{"kind":"trace","model":"x","input":{"prompt":"a","unkown":1}}', /unkown/],
    ['{"kind":"tarce","model":"x","input":{}}', /./],
  ])("%s", async (body, what) => {
    const response = await post("/api/jobs", body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).what).toMatch(what);
  });
  test("a request of 3 MB is too large, a dropped file of 3 MB is not", async () => {
    const large = "x".repeat(3 * 2 ** 20);
    expect((await post("/api/jobs", large)).status).toBe(413);
    expect((await post("/api/import", large)).status).toBe(422);
  });
  test.each([
    ["", /empty/],
    ["hello", /not JSON|JSON/],
    ['{"format":"lucida-trace","version":2}', /version 2/],
    ['{"format":"lucida-trace","version":1,"tokens":[]}', /"targets" should be a list/],
    ['{"nodes":[]}', /metadata/],
    ["PK\u0003\u0004broken", /zip/],
  ])("a dropped file holding %j", async (body, what) => {
    const response = await post("/api/import?name=thing.json", body);
    expect(response.status).toBe(422);
    const error = await errorOf(response);
    expect(error.what).toMatch(what);
    expect(`${error.what} ${error.where}`).toContain("thing.json");
  });
  test("paths lead nowhere else", async () => {
    for (const id of ["..%2f..%2fpackage", "gallery-..%2fsecret", "gallery-none"])
      expect((await ask(`/api/documents/${id}`)).status).toBe(404);
  });
});

test("a trace goes out as .lucida and graph JSON and comes in again, with the same nodes and boxes", async () => {
  for (const as of ["lucida", "graph", "json"]) {
    const file = await ask(`/api/documents/gallery-1-dallas/export?as=${as}`);
    expect(file.status).toBe(200);
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (as === "lucida")
      expect(Object.keys(JSON.parse(strFromU8(unzipSync(bytes)["manifest.json"]!)))).toContain("format");
    const kept = await ask(`/api/import?name=x`, { method: "POST", body: bytes });
    expect(kept.status, await kept.clone().text()).toBe(201);
    const { run } = (await kept.json()) as { run: { id: string } };
    const document = (await (await ask(`/api/documents/${run.id}`)).json()) as TraceDocument;
    expect(document.nodes.map(n => n.id).sort()).toEqual(dallas.nodes.map(n => n.id).sort());
    const named = (d: typeof document) =>
      d!.supernodes.filter(s => s.kind === "units").map(s => [...s.members].sort().join());
    expect(named(document).sort()).toEqual(named(dallas).sort());
  }
});

test("runs are renamed, deleted, and brought back", async () => {
  const { run } = (await (
    await ask("/api/import?name=x", { method: "POST", body: JSON.stringify(examples.small) })
  ).json()) as { run: { id: string } };
  const change = (to: object) => ask(`/api/documents/${run.id}`, { method: "PATCH", body: JSON.stringify(to) });
  const titles = async () =>
    ((await (await ask("/api/documents")).json()) as { runs: { id: string; title: string }[] }).runs
      .filter(r => r.id === run.id)
      .map(r => r.title);
  await change({ title: "opposites" });
  expect(await titles()).toEqual(["opposites"]);
  await change({ deleted: true });
  expect(await titles()).toEqual([]);
  await change({ deleted: false });
  expect(await titles()).toEqual(["opposites"]);
  expect((await change({ title: "" })).status).toBe(400);
});

test("the API describes itself", async () => {
  const api = (await (await ask("/api/openapi.json")).json()) as { openapi: string; paths: Record<string, object> };
  expect(api.openapi).toBe("3.1.0");
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const method of Object.keys(methods)) {
      // Every path that is described is there: whatever it says, it is not "there is no …".
      const response = await ask(path.replace("{id}", "none"), {
        method: method.toUpperCase(),
        body: method === "get" || method === "delete" ? null : "{}",
      });
      if (path !== "/api/events") expect(await response.text()).not.toMatch(/there is no (GET|POST|PUT|PATCH|DELETE) /);
      else await response.body?.cancel();
    }
  }
});
