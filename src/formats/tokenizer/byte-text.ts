/**
 * Bytes as text where they are no whole UTF-8, as a token may be that holds a third of a character: "<0xE5>", the form that
 * SentencePiece writes its bytes in. And back: pieces that stand side by side become the character again.
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** "a<0xE5>": whole characters as they are, every other byte by its number. */
export function byteText(bytes: Uint8Array): string {
  const whole = decoded(bytes);
  if (whole !== undefined) return whole;
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at]!;
    const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    const character = at + length <= bytes.length ? decoded(bytes.subarray(at, at + length)) : undefined;
    text += character ?? `<0x${lead.toString(16).toUpperCase().padStart(2, "0")}>`;
    at += character === undefined ? 1 : length;
  }
  return text;
}

/** "<0xE5><0xAE><0xBD>" as "宽"; bytes that make no character together stay as they are. */
export function joinedBytes(text: string): string {
  return text.replace(/(?:<0x[0-9A-F]{2}>)+/g, run => {
    const bytes = Uint8Array.from(run.match(/[0-9A-F]{2}(?=>)/g)!, hex => Number.parseInt(hex, 16));
    return byteText(bytes);
  });
}

/** Does the text end, or begin, in the middle of a character? */
export const endsInBytes = (text: string): boolean => /<0x[0-9A-F]{2}>$/.test(text);
export const beginsInBytes = (text: string): boolean => /^<0x[89AB][0-9A-F]>/.test(text);
