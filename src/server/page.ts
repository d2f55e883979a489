/** The page's own files, from the build: a short list known at the start, so no path can lead elsewhere. */
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Context } from "hono";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".map": "application/json",
};

export async function pageFiles(folder: string): Promise<(c: Context) => Promise<Response> | Response> {
  const names = new Set((await readdir(folder)).filter(name => extname(name) in types));
  return async c => {
    const asked = c.req.path.slice(1);
    const name = asked === "" ? "index.html" : asked;
    if (!names.has(name)) return c.json({ error: { what: `there is no page at ${c.req.path}` } }, 404);
    return c.body(await readFile(join(folder, name)), 200, {
      "Content-Type": types[extname(name)]!,
      "Cache-Control": "no-cache",
    });
  };
}
