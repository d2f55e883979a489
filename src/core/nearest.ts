/**
 * Which of the names that exist did somebody mean? For "did you mean" in messages.
 */

/** Up to three of `names` that are a few slips of the finger from `text`, or contain it; nearest first. */
export function nearest(text: string, names: readonly string[]): string[] {
  const wanted = text.toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  return names
    .map(name => {
      const other = name.toLowerCase();
      const within = wanted.length >= 3 && other.includes(wanted);
      return { name, distance: Math.min(distance(wanted, other), within ? allowed : Infinity) };
    })
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein's edit distance, with two swapped neighbours as one edit. */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, older[j - 2]! + 1);
      row.push(best);
    }
    [older, before] = [before, row];
  }
  return before[b.length]!;
}
