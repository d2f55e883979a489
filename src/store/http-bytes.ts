/**
 * Bytes of a file behind an address, read with HTTP range requests: a header of a 10 GB file costs a few kilobytes.
 * A server that ignores ranges is refused, since every read would fetch the whole file.
 */
import { Problem } from "../core/problem.ts";
import { type Bytes, checkRange } from "../formats/bytes.ts";
import { networkProblem } from "./network-problem.ts";

/** Asks for the size. Throws a Problem when there is no such file, no network, or no range support. */
export async function openAddress(
  address: string,
  options: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Bytes> {
  const name = nameOf(address);
  const ask = async (start: number, end: number): Promise<Response> => {
    let response: Response;
    try {
      response = await fetch(address, {
        headers: { ...options.headers, range: `bytes=${start}-${end - 1}`, "accept-encoding": "identity" },
        signal: options.signal ?? null,
      });
    } catch (error) {
      throw networkProblem(error, name);
    }
    if (response.status === 206 || response.status === 416) return response;
    await response.body?.cancel();
    if (response.ok) {
      throw new Problem("this server sends only whole files, not parts of them", {
        where: `at ${name}`,
        advice: "downloading the file first, and naming the copy",
      });
    }
    throw new Problem(`the server answered ${response.status} ${response.statusText}`.trim(), { where: `at ${name}` });
  };

  const first = await ask(0, 1);
  await first.body?.cancel();
  // "bytes 0-0/1234", or "bytes */0" for an empty file.
  const size = Number(/\/(\d+)$/.exec(first.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) {
    throw new Problem("the server does not say how long this file is", {
      where: `at ${name}`,
      advice: "downloading the file first, and naming the copy",
    });
  }
  return {
    name,
    size,
    async read(start, end) {
      checkRange(name, size, start, end);
      if (start === end) return new Uint8Array(0);
      const response = await ask(start, end);
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = new Uint8Array(await response.arrayBuffer());
      } catch (error) {
        throw networkProblem(error, name);
      }
      if (response.status !== 206 || bytes.length !== end - start) checkRange(name, start + bytes.length, start, end);
      return bytes;
    },
  };
}

/** The address without a query, which may hold a signature. */
function nameOf(address: string): string {
  try {
    const url = new URL(address);
    return `${url.origin}${url.pathname}`;
  } catch {
    throw new Problem(`"${address}" is not an address`, { advice: "one that begins with https://" });
  }
}
