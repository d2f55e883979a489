/** What a box is compared with: random units of the same layers, positions and mass; random partitions of its units. */
import type { PromptBasis } from "../../features/basis.ts";

/** Candidates that are near enough in mass to stand for a unit. */
const NEAR = 24;

/** Draws sets of units that match others, never the same as those left out. */
export class Matched {
  private readonly basis: PromptBasis;
  private readonly mass: (unit: number) => number;
  private readonly leftOut: ReadonlySet<number>;
  private readonly next: () => number;
  private readonly byPlace = new Map<string, { units: number[]; mass: Float64Array }>();
  private all: Map<string, number[]> | undefined;

  /** @param mass how much changing a unit changes; `next` random numbers from 0 to 1 */
  constructor(basis: PromptBasis, mass: (unit: number) => number, leftOut: ReadonlySet<number>, next: () => number) {
    this.basis = basis;
    this.mass = mass;
    this.leftOut = leftOut;
    this.next = next;
  }

  /**
   * As many units in each layer and position, each near in mass to the one that it stands for; where that leaves the
   * set lighter, more units of the place until it is as heavy, at most twice as many.
   */
  draw(units: readonly number[]): number[] {
    const groups = new Map<string, number[]>();
    for (const unit of units) push(groups, this.placeOf(unit), unit);
    const drawn: number[] = [];
    for (const [place, members] of groups) {
      const { units: candidates, mass } = this.candidates(place);
      const used = new Set<number>();
      let wanted = 0;
      let got = 0;
      const heavyFirst = members.map(unit => this.mass(unit)).sort((a, b) => b - a);
      for (const m of heavyFirst) {
        wanted += m;
        const at = this.near(mass, m, used);
        if (at < 0) continue;
        used.add(at);
        got += mass[at]!;
      }
      const most = Math.min(candidates.length, 2 * members.length);
      while (got < 0.95 * wanted && used.size < most) {
        // The heaviest that are left: what is wanted is mass, and few units have much.
        const at = this.near(mass, wanted - got, used);
        if (at < 0) break;
        used.add(at);
        got += mass[at]!;
      }
      for (const at of used) drawn.push(candidates[at]!);
    }
    return drawn.sort((a, b) => a - b);
  }

  /** A random unused candidate among those nearest to mass m; −1 when none is left. */
  private near(mass: Float64Array, m: number, used: ReadonlySet<number>): number {
    let high = lowerBound(mass, m);
    let low = high - 1;
    const found: number[] = [];
    while (found.length < NEAR && (low >= 0 || high < mass.length)) {
      const takeLow = high >= mass.length || (low >= 0 && m - mass[low]! <= mass[high]! - m);
      const at = takeLow ? low-- : high++;
      if (!used.has(at)) found.push(at);
    }
    return found.length === 0 ? -1 : found[Math.floor(this.next() * found.length)]!;
  }

  private placeOf(unit: number): string {
    const { layer, position } = this.basis.place(unit);
    return `${layer} ${position}`;
  }

  private candidates(place: string) {
    let had = this.byPlace.get(place);
    if (!had) {
      if (!this.all) {
        this.all = new Map();
        for (let unit = 0; unit < this.basis.count; unit++)
          if (!this.leftOut.has(unit)) push(this.all, this.placeOf(unit), unit);
      }
      const units = (this.all.get(place) ?? []).map(unit => ({ unit, mass: this.mass(unit) }));
      units.sort((a, b) => a.mass - b.mass || a.unit - b.unit);
      had = { units: units.map(u => u.unit), mass: Float64Array.from(units, u => u.mass) };
      this.byPlace.set(place, had);
    }
    return had;
  }
}

/** The same units dealt at random into sets of the same sizes. */
export function dealt(sets: readonly (readonly number[])[], next: () => number): number[][] {
  const all = sets.flat();
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  let at = 0;
  return sets.map(set => all.slice(at, (at += set.length)));
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const had = map.get(key);
  if (had) had.push(value);
  else map.set(key, [value]);
}

function lowerBound(values: Float64Array, wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
