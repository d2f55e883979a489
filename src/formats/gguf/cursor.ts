/**
 * Walks through the beginning of a GGUF file. Knows how long the whole file is, and so tells apart
 * "the part in memory ends here" (NeedMore: read a longer part) from "the file ends here" (a Problem).
 */
import { Problem } from "../../core/problem.ts";

/** The part in memory is too short: `needed` bytes from the file's beginning are wanted. Never reaches a user. */
export class NeedMore {
  readonly needed: number;
  constructor(needed: number) {
    this.needed = needed;
  }
}

const utf8 = new TextDecoder();

export class Cursor {
  at = 0;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly fileSize: number;
  readonly name: string;
  readonly #view: DataView;

  constructor(data: Uint8Array<ArrayBuffer>, fileSize: number, name: string) {
    this.data = data;
    this.fileSize = fileSize;
    this.name = name;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  /** Bytes between here and the end of the whole file. */
  get left(): number {
    return this.fileSize - this.at;
  }

  /** Makes sure that `length` bytes from here on are in memory. */
  need(length: number): void {
    if (length > this.left)
      throw new Problem(`the file ends at byte ${this.fileSize}, but its head needs ${this.at + length}`, {
        where: `in ${this.name}`,
        advice: "fetching the file again: it looks cut short",
      });
    if (this.at + length > this.data.length) throw new NeedMore(this.at + length);
  }

  /** The next `length` bytes, as a view. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    this.need(length);
    this.at += length;
    return this.data.subarray(this.at - length, this.at);
  }

  view(length: number): DataView {
    this.need(length);
    this.at += length;
    return new DataView(this.data.buffer, this.data.byteOffset + this.at - length, length);
  }

  u32(): number {
    this.need(4);
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }

  /** A 64-bit length, dimension or offset: must be a number that JavaScript counts exactly. */
  size(what: string): number {
    this.need(8);
    const low = this.#view.getUint32(this.at, true);
    const high = this.#view.getUint32(this.at + 4, true);
    if (high >= 0x200000)
      throw new Problem(`${what} is ${high * 2 ** 32 + low}, more than any file holds`, {
        where: `at byte ${this.at} of ${this.name}`,
      });
    this.at += 8;
    return high * 2 ** 32 + low;
  }

  /** A count of things of at least `width` bytes each: refused when the rest of the file cannot hold them. */
  count(width: number, what: string): number {
    const count = this.size(`the count of ${what}`);
    if (count * width > this.left)
      throw new Problem(`the head claims ${count} ${what}, but only ${this.left} bytes are left`, {
        where: `at byte ${this.at} of ${this.name}`,
        advice: "fetching the file again: it looks damaged or cut short",
      });
    return count;
  }

  string(limit = Number.POSITIVE_INFINITY): string {
    const length = this.size("the length of a text");
    if (length > limit)
      throw new Problem(`a name of ${length} bytes; names are shorter than ${limit}`, {
        where: `at byte ${this.at} of ${this.name}`,
      });
    return utf8.decode(this.bytes(length));
  }
}
