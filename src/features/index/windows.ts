/**
 * A corpus as windows: pieces of documents of at most so many tokens, the same text once. Windows never reach from one
 * document into the next.
 */
import { hashOf } from "./text-hash.ts";

export interface WindowOptions {
  /** Tokens of a window, BOS included. */
  readonly length: number;
  /** Put before each window, where the model expects it. */
  readonly bos?: number | undefined;
  /** No more tokens than this. */
  readonly tokens: number;
}

/** A window shorter than this tells nothing. */
const shortest = 4;
/** Windows that are known again: a table of this many hashes, the newer one winning a place. */
const remembered = 1 << 20;

/** Windows of texts (a text is at most a few pages: cut long files before). */
export async function* windowsOf(
  texts: AsyncIterable<string> | Iterable<string>,
  encode: (text: string) => readonly number[],
  { length, bos, tokens }: WindowOptions,
): AsyncGenerator<readonly number[], void, undefined> {
  const seen = new Float64Array(remembered).fill(-1);
  const room = bos === undefined ? length : length - 1;
  let left = tokens;
  for await (const text of texts) {
    const ids = encode(text);
    for (let start = 0; start < ids.length; start += room) {
      const end = Math.min(ids.length, start + room, start + left);
      if (end - start < shortest) break;
      const hash = hashOf(ids, start, end) * 2 ** 20 + (hashOf(ids, start, end, 1) & 0xfffff);
      const place = hash % remembered;
      if (seen[place] === hash) continue;
      seen[place] = hash;
      left -= end - start;
      yield bos === undefined ? ids.slice(start, end) : [bos, ...ids.slice(start, end)];
      if (left < shortest) return;
    }
  }
}
