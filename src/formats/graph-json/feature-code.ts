/**
 * One number for layer and index of a feature, as the graph JSON keeps it: Cantor's pairing of the two (schema 1), or
 * layer × 100,000 + index (Neuronpedia's first files). The pairing passes 2³¹, so no bit arithmetic here.
 */

/** Cantor's pairing: layer 20, index 15589 → 121,858,334. */
export function featureCode(layer: number, index: number): number {
  return ((layer + index) * (layer + index + 1)) / 2 + index;
}

/** Layer and index of a pairing. Exact below 2⁵⁰, more than any layer of a million features needs. */
export function fromFeatureCode(code: number): { layer: number; index: number } {
  const sum = Math.floor((Math.sqrt(8 * code + 1) - 1) / 2);
  const index = code - (sum * (sum + 1)) / 2;
  return { layer: sum - index, index };
}

/** The index that a code stands for in a known layer, whichever way it was written; undefined when it fits neither. */
export function indexInLayer(code: number, layer: number): number | undefined {
  if (!Number.isSafeInteger(code) || code < 0) return undefined;
  const pair = fromFeatureCode(code);
  if (pair.layer === layer && featureCode(pair.layer, pair.index) === code) return pair.index;
  const legacy = code - layer * 100_000;
  return legacy >= 0 && legacy < 100_000 ? legacy : undefined;
}
