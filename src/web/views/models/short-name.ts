/** A path as its last part; a hub name as it is. */
export function shortName(name: string): string {
  return /^[/~.]|\\/.test(name) ? name.split(/[/\\]/).filter(Boolean).at(-1)! : name;
}
