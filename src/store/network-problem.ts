/**
 * What the network refused, in words. Knows the error codes under Node's "fetch failed".
 */
import { Problem } from "../core/problem.ts";

/** A Problem for a failed request; an abort that somebody asked for passes as it is. */
export function networkProblem(error: unknown, where: string, advice?: string): unknown {
  if (error instanceof Problem || (error as Error | undefined)?.name === "AbortError") return error;
  const code = networkCode(error);
  if (code === undefined) return error;
  return new Problem(words[code] ?? `the connection failed (${code})`, {
    where: `at ${where}`,
    advice: advice ?? "again when there is a network",
    cause: error,
  });
}

/** ECONNREFUSED, UND_ERR_SOCKET ...; undefined when the error has nothing to do with a network. */
export function networkCode(error: unknown): string | undefined {
  for (let e = error as { code?: unknown; cause?: unknown; name?: string; message?: string } | undefined; e; ) {
    if (typeof e.code === "string" && /^(E[A-Z]+|UND_ERR_[A-Z_]+|CERT_[A-Z_]+|[A-Z_]*CERT[A-Z_]*)$/.test(e.code)) {
      return e.code;
    }
    if (e.name === "TimeoutError") return "ETIMEDOUT";
    // undici: the body ended before its announced length.
    if (e.name === "TypeError" && (e.message === "terminated" || e.message === "fetch failed") && !e.cause) {
      return "ECONNRESET";
    }
    e = e.cause as typeof e;
  }
  return undefined;
}

const words: Record<string, string> = {
  ENOTFOUND: "no network: the name of the server could not be looked up",
  EAI_AGAIN: "no network: the name of the server could not be looked up",
  ECONNREFUSED: "nothing answers there: the connection was refused",
  ENETUNREACH: "no network: there is no way to the server",
  EHOSTUNREACH: "no network: there is no way to the server",
  ETIMEDOUT: "the server did not answer in time",
  UND_ERR_CONNECT_TIMEOUT: "the server did not answer in time",
  UND_ERR_HEADERS_TIMEOUT: "the server did not answer in time",
  UND_ERR_BODY_TIMEOUT: "the server stopped sending",
  ECONNRESET: "the connection broke off",
  UND_ERR_SOCKET: "the connection broke off",
  EPIPE: "the connection broke off",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is signed by somebody this machine does not know",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is signed by somebody this machine does not know",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is signed by somebody this machine does not know",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
};
