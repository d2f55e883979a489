import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem } from "../core/problem.ts";
import { openFile, withFile } from "./file-bytes.ts";
import { openAddress } from "./http-bytes.ts";

const data = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
let folder = "";
let server: Server;
let base = "";

const answer: RequestListener = (request, response) => {
  if (request.url?.startsWith("/missing")) return response.writeHead(404).end();
  if (request.url === "/whole") return response.writeHead(200).end(data);
  if (request.url === "/empty") return response.writeHead(416, { "content-range": "bytes */0" }).end();
  const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "")!.map(Number);
  const part = data.subarray(start, Math.min(end! + 1, data.length));
  response.writeHead(206, { "content-range": `bytes ${start}-${start! + part.length - 1}/${data.length}` });
  if (request.url === "/breaks" && start! > 0) {
    response.write(part.subarray(0, 5));
    return setTimeout(() => response.destroy(), 20);
  }
  response.end(part);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lucida-bytes-"));
  await writeFile(join(folder, "a"), data);
  server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise(done => server.once("listening", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

test("any range of a file and of an address is the same bytes", async () => {
  const remote = await openAddress(`${base}/a`);
  await withFile(join(folder, "a"), async local => {
    for (const bytes of [local, remote]) {
      expect(bytes.size).toBe(1000);
      for (const [start, end] of [
        [0, 1000],
        [0, 0],
        [999, 1000],
        [123, 456],
      ] as const) {
        expect(await bytes.read(start, end)).toEqual(data.slice(start, end));
      }
    }
  });
});

test("a range beyond the end is a file cut short, in words", async () => {
  const remote = await openAddress(`${base}/a`);
  await withFile(join(folder, "a"), async local => {
    for (const bytes of [local, remote]) {
      await expect(bytes.read(990, 1010)).rejects.toThrow(/ends at byte 1000, but bytes 990 to 1010 are needed/);
    }
  });
});

test("a missing file, a folder and a closed door are said in words", async () => {
  await expect(openFile(join(folder, "no"))).rejects.toThrow("there is no such file");
  await expect(openFile(folder)).rejects.toThrow("this is a folder, not a file");
  await expect(openFile(folder)).rejects.toBeInstanceOf(Problem);
});

test("an address that is missing, ignores ranges, breaks off or is not one is said in words", async () => {
  await expect(openAddress(`${base}/missing?signature=secret`)).rejects.toThrow("the server answered 404 Not Found");
  await openAddress(`${base}/missing?signature=secret`).catch((e: Problem) => expect(e.where).not.toMatch("secret"));
  await expect(openAddress(`${base}/whole`)).rejects.toThrow("only whole files");
  await expect((await openAddress(`${base}/breaks`)).read(10, 100)).rejects.toThrow("the connection broke off");
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise(done => closed.once("listening", done));
  const { port } = closed.address() as AddressInfo;
  await new Promise(done => closed.close(done));
  await expect(openAddress(`http://127.0.0.1:${port}/a`)).rejects.toThrow("nothing answers there");
  await expect(openAddress("models/a")).rejects.toThrow('"models/a" is not an address');
  expect((await openAddress(`${base}/empty`)).size).toBe(0);
});
