/**
 * Bytes from anywhere: a disk, a URL, a dropped file, a test's ten bytes. Readers of file formats ask for ranges
 * and never learn where they come from.
 */
import { Problem } from "../core/problem.ts";

export interface Bytes {
  /** Total length in bytes. */
  readonly size: number;
  /** For messages: a path, an address, "memory". */
  readonly name: string;
  /** The bytes [start, end). Throws a Problem when the range is outside the file. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `out` with the bytes from `start` on: for readers that use one piece of memory again and again. */
  readInto?(start: number, out: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Bytes that are already in memory. Reads are views, not copies. */
export function memoryBytes(data: Uint8Array<ArrayBuffer>, name = "memory"): Bytes {
  return {
    size: data.byteLength,
    name,
    async read(start, end) {
      checkRange(name, data.byteLength, start, end);
      return data.subarray(start, end);
    },
  };
}

/** Throws when [start, end) is not inside a file of `size` bytes: the usual sign of a download cut short. */
export function checkRange(name: string, size: number, start: number, end: number): void {
  if (!(start >= 0 && end >= start && end <= size)) {
    throw new Problem(`${name} ends at byte ${size}, but bytes ${start} to ${end} are needed`, {
      advice: "fetching the file again: it looks cut short",
    });
  }
}
