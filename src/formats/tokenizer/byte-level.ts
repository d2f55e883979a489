/**
 * GPT-2's way of writing bytes as visible characters: "Ġ" for a space, "Ċ" for a newline.
 *
 * Printable Latin-1 bytes stand for themselves; the other 68 follow from U+0100 on.
 */
import { byteText } from "./byte-text.ts";

const byteOf = new Map<string, number>();
const characterOf: string[] = [];
for (let byte = 0, next = 256; byte < 256; byte++) {
  const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const character = String.fromCodePoint(printable ? byte : next++);
  byteOf.set(character, byte);
  characterOf.push(character);
}

const encoder = new TextEncoder();

/** The bytes of a token of a byte-level vocabulary; undefined when a character of it stands for none. */
export function bytesOfToken(token: string): number[] | undefined {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = byteOf.get(character);
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  return bytes;
}

/** "ĠDallas" as " Dallas"; a token that is not byte-level as it is. */
export function readableToken(token: string): string {
  const bytes = bytesOfToken(token);
  return bytes ? byteText(new Uint8Array(bytes)) : token;
}

/** " Dallas" as "ĠDallas". */
export function byteLevelToken(text: string): string {
  return Array.from(encoder.encode(text), byte => characterOf[byte]!).join("");
}
