/**
 * Tokens as evidence: which can be shown to a person, and which say the same in other spelling.
 */

/** Control tokens, bytes, holes of the vocabulary: "<|im_end|>", "<0xE4>", "<unused12>", "[multimodal]". */
const machine = /^(<[|\w ]+>|<\|.*\|>|\[[A-Za-z_@]+[\w]*\])$/;

/** Has a person something to read here? Not of control tokens, bytes and whitespace. */
export function showable(text: string): boolean {
  const bare = text.trim();
  return bare !== "" && !/[\p{C}\uFFFD\u2581\u0120]|<0x[0-9A-F]{2}>/u.test(bare) && !machine.test(bare);
}

/** " Dallas", "DALLAS" and "dallas" are one word. */
export const folded = (text: string): string => text.trim().normalize("NFKC").toLowerCase();

/** Do two tokens say the same: case, space, or one stem ("big", "bigger"; "capital", "capitals")? */
export function sameWord(a: string, b: string): boolean {
  const [x, y] = [folded(a), folded(b)];
  if (x === y) return true;
  if (!/^\p{L}+$/u.test(x) || !/^\p{L}+$/u.test(y)) return false;
  const short = Math.min(x.length, y.length);
  let shared = 0;
  while (shared < short && x[shared] === y[shared]) shared++;
  // Letters only, no dictionary: a longer form adds a short ending. Three letters are too few for any ending but -s and
  // a doubled consonant (the, then; but big, bigger).
  if (shared === short) {
    const ending = (x.length > y.length ? x : y).slice(short);
    return short >= 4 ? ending.length <= 3 : short === 3 && (ending === "s" || ending[0] === x[2]);
  }
  return shared >= 4 && shared >= 0.6 * Math.max(x.length, y.length);
}
