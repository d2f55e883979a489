/**
 * A long list of texts (a vocabulary of 262,144 tokens), left as bytes until somebody asks for one.
 */
import type { Cursor } from "./cursor.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export class GgufStrings {
  readonly #data: Uint8Array<ArrayBuffer>;
  /** Text i is the bytes [offsets[i] + 8, offsets[i + 1]): each is preceded by its length. */
  readonly #offsets: Uint32Array;

  private constructor(data: Uint8Array<ArrayBuffer>, offsets: Uint32Array) {
    this.#data = data;
    this.#offsets = offsets;
  }

  /** Steps over `count` texts; the caller has held the count against the file's size. */
  static read(cursor: Cursor, count: number): GgufStrings {
    cursor.need(8 * count);
    const from = cursor.at;
    const offsets = new Uint32Array(count + 1);
    for (let i = 0; i < count; i++) {
      offsets[i] = cursor.at - from;
      const length = cursor.size("the length of a text");
      cursor.need(length);
      cursor.at += length;
    }
    offsets[count] = cursor.at - from;
    return new GgufStrings(cursor.data.slice(from, cursor.at), offsets);
  }

  get length(): number {
    return this.#offsets.length - 1;
  }

  at(i: number): string {
    if (!(i >= 0 && i < this.length)) throw new RangeError(`internal: text ${i} of ${this.length}`);
    return utf8.decode(this.bytes(i));
  }

  /** The UTF-8 of text i, as a view. */
  bytes(i: number): Uint8Array<ArrayBuffer> {
    return this.#data.subarray(this.#offsets[i]! + 8, this.#offsets[i + 1]!);
  }

  toArray(): string[] {
    return Array.from({ length: this.length }, (_, i) => this.at(i));
  }
}
