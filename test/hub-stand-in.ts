/**
 * A hub of a few bytes on loopback, for tests: its API as far as Lucida asks, ranges, and every way to misbehave.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface StandIn {
  readonly address: string;
  /** "GET /path bytes=0-", in order. */
  readonly seen: string[];
  /** What to do with the requests to come. */
  behave: Behaviour;
  close(): Promise<void>;
}

export interface Behaviour {
  /** Break the connection after so many bytes of a large file, so many times. */
  breakAfter?: { bytes: number; times: number };
  /** Send other bytes than the hash says. */
  corrupt?: boolean;
  /** Ignore ranges, as some proxies do. */
  whole?: boolean;
  /** Answer so instead of sending files. */
  refuse?: { status: number; code?: string; times?: number };
  /** Announce this size for large files. */
  announce?: number;
  /** Demand this token. */
  token?: string;
  /** Send a large file slowly: a piece of so many bytes, and so many milliseconds of pause. */
  slow?: { bytes: number; pause: number };
  /** Send half of a large file, and then nothing, once. */
  stall?: boolean;
}

export const commit = "0123456789abcdef0123456789abcdef01234567";

/** Serves `files` as the repository `name`, at the branch main; files above `large` bytes are "LFS". */
export async function standIn(
  name: string,
  files: Record<string, Uint8Array | string>,
  large = 1000,
): Promise<StandIn> {
  const contents = new Map(Object.entries(files).map(([path, data]) => [path, Buffer.from(data)]));
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
    hub.seen.push(`${request.method} ${path} ${request.headers.range ?? ""}`.trim());
    const { behave } = hub;
    const refuse = (status: number, code?: string) =>
      response
        .writeHead(status, { "content-type": "application/json", ...(code ? { "x-error-code": code } : {}) })
        .end(JSON.stringify({ error: "refused" }));
    const json = (value: unknown) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

    if (behave.token && request.headers.authorization !== `Bearer ${behave.token}`) {
      refuse(401, path.includes("/resolve/") ? "GatedRepo" : undefined);
    } else if (path === `/api/models/${name}/revision/main` || path === `/api/models/${name}/revision/${commit}`) {
      json({ _id: "1", id: name, private: false, gated: false, downloads: 1, likes: 1, lastModified: 0, sha: commit });
    } else if (path.startsWith(`/api/models/${name}/revision/`)) refuse(404, "RevisionNotFound");
    else if (path === `/api/models/${name}/tree/${commit}`) {
      json([...contents].map(([file, data]) => entry(file, data, large, behave.announce)));
    } else if (path.startsWith(`/${name}/resolve/${commit}/`)) {
      const data = contents.get(path.slice(`/${name}/resolve/${commit}/`.length));
      const { refuse: no } = behave;
      if (no && (no.times === undefined || no.times-- > 0)) refuse(no.status, no.code);
      else if (!data) refuse(404, "EntryNotFound");
      else send(data, request, response);
    } else refuse(path.startsWith("/api/models/") ? 401 : 404, "RepoNotFound");
  };

  const send = (data: Buffer, request: IncomingMessage, response: ServerResponse): void => {
    const { behave } = hub;
    const isLarge = data.length > large;
    const start = behave.whole ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    let body = data.subarray(start);
    if (behave.corrupt && isLarge) body = Buffer.from(body.map(byte => byte ^ 1));
    response.writeHead(behave.whole ? 200 : 206, {
      "content-length": body.length,
      "content-range": `bytes ${start}-${data.length - 1}/${data.length}`,
      // What the Python library wants to see, so that it can be tried against this as well.
      "x-repo-commit": commit,
      etag: `"${createHash(isLarge ? "sha256" : "sha1")
        .update(isLarge ? "" : `blob ${data.length}\0`)
        .update(data)
        .digest("hex")}"`,
    });
    if (request.method === "HEAD") response.end();
    else if (isLarge && behave.breakAfter && behave.breakAfter.times > 0) {
      behave.breakAfter.times--;
      response.write(body.subarray(0, behave.breakAfter.bytes), () => setTimeout(() => response.destroy(), 20));
    } else if (isLarge && behave.stall) {
      behave.stall = false;
      response.write(body.subarray(0, body.length >> 1));
    } else if (isLarge && behave.slow) {
      const { bytes, pause } = behave.slow;
      const next = (at: number): void => {
        if (response.destroyed) return;
        if (at >= body.length) response.end();
        else response.write(body.subarray(at, at + bytes), () => setTimeout(next, pause, at + bytes));
      };
      next(0);
    } else response.end(body);
  };

  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise(done => server.once("listening", done));
  const hub: StandIn = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    behave: {},
    close: () =>
      new Promise(done => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return hub;
}

function entry(path: string, data: Buffer, large: number, announce = data.length): unknown {
  const git = createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex");
  const common = { type: "file", path, size: data.length, oid: git };
  if (data.length <= large) return common;
  return {
    ...common,
    lfs: { oid: createHash("sha256").update(data).digest("hex"), size: announce, pointerSize: 130 },
  };
}
