/** The middle value, the lower of two; undefined for none. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
