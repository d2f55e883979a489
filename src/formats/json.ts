/**
 * JSON from outside, doubted politely: parsed with a sentence on failure, and looked through for a name given twice.
 */
import { Problem } from "../core/problem.ts";

/** Parses, or throws a Problem that says which text was not JSON and where it stops being so. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 120) : String(cause);
    throw new Problem(`${what} is not JSON`, { where: reason, cause });
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name that the outermost object of `text` gives twice (JSON.parse silently keeps the last), if there is one. */
export function repeatedKey(text: string, parsed: Record<string, unknown>): string | undefined {
  const names = new Set<string>();
  let depth = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === 0x22) {
      const from = i++;
      while (text.charCodeAt(i) !== 0x22) i += text.charCodeAt(i) === 0x5c ? 2 : 1;
      if (depth !== 1 || !/^\s*:/.test(text.slice(i + 1, i + 40))) continue;
      const name = JSON.parse(text.slice(from, i + 1)) as string;
      if (names.has(name)) return name;
      names.add(name);
      count++;
    }
  }
  return count === Object.keys(parsed).length ? undefined : "a name";
}
