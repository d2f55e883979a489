/** Rows of a document written short: names of the columns once, then one line a row. */
export function rowsOf(columns: string, lines: readonly string[], comma = ","): Record<string, string>[] {
  const names = columns.split(" ");
  return lines.map(line => {
    const values = line.split(comma);
    return Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
  });
}

/** Every value of one column with every value of another. */
export const crossed = (
  first: readonly Record<string, string>[],
  second: readonly Record<string, string>[],
): Record<string, string>[] => first.flatMap(a => second.map(b => ({ ...a, ...b })));
