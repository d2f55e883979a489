/**
 * Who may ask: this machine, by its own name, from this page or from no page at all. A page elsewhere can make a browser
 * send requests here, and a name elsewhere can be made to point here (DNS rebinding): Host and Origin tell them apart.
 */
import type { Context, MiddlewareHandler } from "hono";

export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Widths and places of boxes stand in style attributes; those cannot run or load anything.
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `names`: host names besides loopback's under which the server may be called, when the user opened it up. */
export function guard(names: readonly string[] = []): MiddlewareHandler {
  const known = new Set(["127.0.0.1", "localhost", "[::1]", ...names]);
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!known.has(nameOf(host))) {
      return refuse(c, `this server answers on this machine only, and was called "${host.slice(0, 80)}"`, 421);
    }
    const origin = c.req.header("origin");
    if (origin !== undefined && origin !== `http://${host}`) {
      return refuse(c, `a page of ${origin.slice(0, 80)} asked; only Lucida's own page may`, 403);
    }
    const site = c.req.header("sec-fetch-site");
    if (site !== undefined && site !== "same-origin" && site !== "none" && c.req.path.startsWith("/api/")) {
      return refuse(c, "another site's page asked; only Lucida's own page may", 403);
    }
    await next();
    c.header("Content-Security-Policy", policy);
    c.header("X-Content-Type-Options", "nosniff");
    c.header("Referrer-Policy", "no-referrer");
    c.header("Cross-Origin-Opener-Policy", "same-origin");
    c.header("Cross-Origin-Resource-Policy", "same-origin");
  };
}

/** "localhost:5837" → "localhost". */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

function refuse(c: Context, what: string, status: 403 | 421): Response {
  return c.json({ error: { what, advice: "the address that lucida serve printed" } }, status);
}
