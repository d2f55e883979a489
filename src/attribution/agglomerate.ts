/**
 * Bottom-up grouping with masses (Ward's method): the pair whose union blurs least is joined first, so that light
 * things join early and heavy, unlike things stay apart. Of all stages on the way up, the one is kept whose best few
 * groups hold most while blurring least; what is in none of them is left over. Deterministic; ties go to the smaller
 * numbers.
 */

export interface Cluster {
  readonly members: readonly number[];
  readonly mass: number;
  /** Mass × squared distance from the group's middle, summed: how much is blurred by taking the members as one. */
  readonly scatter: number;
  /** Ascending. */
  readonly places: readonly number[];
}

export interface AgglomerateOptions {
  /** [thing] how much it matters. */
  readonly mass: readonly number[];
  /** Squared distance between two things. */
  readonly distance: (a: number, b: number) => number;
  /** [thing] where it stands, a whole number. A group stands on neighbouring places, */
  readonly place: readonly number[];
  /** at most this many of them. */
  readonly widest: number;
  /** At most this many groups. */
  readonly most: number;
  /** What it costs to leave a thing out: as much as if it stood at this squared distance from its group. */
  readonly outside: number;
  /** What a group costs by being one more: this share of all mass, at the distance `outside`. */
  readonly each: number;
}

/** The best few groups, heaviest first. Quadratic in memory: for hundreds of things, not for thousands. */
export function agglomerate({ mass, distance, place, widest, most, outside, each }: AgglomerateOptions): Cluster[] {
  const n = mass.length;
  const clusters: (Cluster | undefined)[] = mass.map((m, i) => {
    return { members: [i], mass: m, scatter: 0, places: [place[i]!] };
  });
  const cost = new Float64Array(n * n).fill(Infinity); // by how much a union adds to the scatter; upper triangle
  const spread = (a: number, b: number) => (a + b > 0 ? (a * b) / (a + b) : 0);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (Math.abs(place[i]! - place[j]!) >= widest) continue; // these never meet: the cost stays infinite
      cost[i * n + j] = spread(mass[i]!, mass[j]!) * distance(i, j);
    }
  }
  const price = each * outside * mass.reduce((sum, m) => sum + m, 0);
  const worthOf = (cluster: Cluster) => cluster.mass * outside - cluster.scatter - price;
  let best: { worth: number; chosen: Cluster[] } = { worth: -Infinity, chosen: [] };
  for (;;) {
    const stage = choose(clusters, most, worthOf);
    if (stage.worth > best.worth) best = stage;
    const [a, b] = cheapest(clusters, cost, widest);
    if (a < 0) break;
    join(clusters, cost, a, b);
  }
  return best.chosen;
}

/** The groups that are most worth having at this stage, and what they are worth together. */
function choose(clusters: readonly (Cluster | undefined)[], most: number, worthOf: (cluster: Cluster) => number) {
  const chosen = clusters
    .filter(cluster => cluster !== undefined)
    .filter(cluster => worthOf(cluster) > 0)
    .sort((x, y) => worthOf(y) - worthOf(x) || x.members[0]! - y.members[0]!)
    .slice(0, most)
    .sort((x, y) => y.mass - x.mass || x.members[0]! - y.members[0]!);
  return { worth: chosen.reduce((sum, cluster) => sum + worthOf(cluster), 0), chosen };
}

function cheapest(clusters: readonly (Cluster | undefined)[], cost: Float64Array, widest: number): [number, number] {
  const n = clusters.length;
  let [least, a, b] = [Infinity, -1, -1];
  for (let i = 0; i < n; i++) {
    const one = clusters[i];
    if (!one) continue;
    for (let j = i + 1; j < n; j++) {
      const other = clusters[j];
      if (!other || cost[i * n + j]! >= least || !mayJoin(one, other, widest)) continue;
      [least, a, b] = [cost[i * n + j]!, i, j];
    }
  }
  return [a, b];
}

function mayJoin(a: Cluster, b: Cluster, widest: number): boolean {
  const places = together(a.places, b.places);
  return places.length <= widest && places.at(-1)! - places[0]! === places.length - 1;
}

function together(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 1 && b.length === 1 && a[0] === b[0]) return a;
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}

/** b goes into a; costs to all others follow without looking at the things again (Lance and Williams 1967). */
function join(clusters: (Cluster | undefined)[], cost: Float64Array, a: number, b: number): void {
  const n = clusters.length;
  const [x, y] = [clusters[a]!, clusters[b]!];
  const pair = cost[a * n + b]!;
  clusters.forEach((other, k) => {
    if (!other || k === a || k === b) return;
    const [ka, kb] = [k < a ? k * n + a : a * n + k, k < b ? k * n + b : b * n + k];
    const total = x.mass + y.mass + other.mass;
    const sum = (x.mass + other.mass) * cost[ka]! + (y.mass + other.mass) * cost[kb]! - other.mass * pair;
    cost[ka] = total > 0 ? sum / total : 0;
  });
  clusters[a] = {
    members: [...x.members, ...y.members].sort((p, q) => p - q),
    mass: x.mass + y.mass,
    scatter: x.scatter + y.scatter + pair,
    places: together(x.places, y.places),
  };
  clusters[b] = undefined;
}
