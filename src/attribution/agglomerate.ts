/**
 * Bottom-up grouping with masses (Ward's method): the pair whose union blurs least is joined first, so that light
 * things join early and heavy, unlike things stay apart. Deterministic; ties go to the smaller numbers.
 */

export interface Cluster {
  readonly members: readonly number[];
  readonly mass: number;
}

export interface AgglomerateOptions {
  /** [thing] how much it matters. */
  readonly mass: readonly number[];
  /** Squared distance between two things. */
  readonly distance: (a: number, b: number) => number;
  /** May these two groups become one? */
  readonly allowed: (a: readonly number[], b: readonly number[]) => boolean;
  /** Asked before each union, with the groups so far. */
  readonly done: (clusters: readonly Cluster[]) => boolean;
}

/** Groups, heaviest first. Quadratic in memory: for hundreds of things, not for thousands. */
export function agglomerate({ mass, distance, allowed, done }: AgglomerateOptions): Cluster[] {
  const n = mass.length;
  const clusters: (Cluster | undefined)[] = mass.map((m, i) => ({ members: [i], mass: m }));
  const cost = new Float64Array(n * n).fill(Infinity);
  const spread = (a: number, b: number) => (a + b > 0 ? (a * b) / (a + b) : 0);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) cost[i * n + j] = 2 * spread(mass[i]!, mass[j]!) * distance(i, j);
  }
  const alive = () => clusters.filter(cluster => cluster !== undefined);
  while (!done(alive())) {
    let [best, a, b] = [Infinity, -1, -1];
    for (let i = 0; i < n; i++) {
      if (!clusters[i]) continue;
      for (let j = i + 1; j < n; j++) {
        if (cost[i * n + j]! >= best || !clusters[j]) continue;
        if (!allowed(clusters[i]!.members, clusters[j]!.members)) continue;
        [best, a, b] = [cost[i * n + j]!, i, j];
      }
    }
    if (a < 0) break;
    const [x, y] = [clusters[a]!, clusters[b]!];
    const pair = cost[a * n + b]!;
    for (let k = 0; k < n; k++) {
      const other = clusters[k];
      if (!other || k === a || k === b) continue;
      const [ka, kb] = [k < a ? k * n + a : a * n + k, k < b ? k * n + b : b * n + k];
      const total = x.mass + y.mass + other.mass; // Lance and Williams 1967
      cost[ka] =
        total > 0
          ? ((x.mass + other.mass) * cost[ka]! + (y.mass + other.mass) * cost[kb]! - other.mass * pair) / total
          : 0;
    }
    clusters[a] = { members: [...x.members, ...y.members].sort((p, q) => p - q), mass: x.mass + y.mass };
    clusters[b] = undefined;
  }
  return alive().sort((x, y) => y.mass - x.mass || x.members[0]! - y.members[0]!);
}
