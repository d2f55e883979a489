/** Hashes of tokens, to know a text again. Not for secrets. */

/** A 32-bit mix (the finaliser of MurmurHash3, public domain). */
export function mix(h: number): number {
  let x = h | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Of ids[start], ..., ids[end − 1]. */
export function hashOf(ids: ArrayLike<number>, start: number, end: number, seed = 0): number {
  let h = mix(seed ^ 0x9e3779b9);
  for (let i = start; i < end; i++) h = mix(Math.imul(h, 31) + ids[i]! + 1);
  return h >>> 0;
}
