/**
 * One row of a graph while it is being computed: contributions come in layer by layer, the smallest are dropped on the
 * way and their sum is kept, so the row still adds up exactly.
 *
 * What counts as small is a share of the row's absolute mass so far, and of its final mass in the end. Sums are kept in
 * float64: a row has up to a million terms.
 */
export interface FinishedRow {
  readonly units: Uint32Array;
  readonly unitWeights: Float32Array;
  /** Signed sum of all contributions, kept and dropped. */
  readonly sum: number;
  readonly absolute: number;
  readonly dropped: number;
  readonly droppedAbsolute: number;
}

export class RowBuilder {
  private units = new Uint32Array(256);
  private weights = new Float32Array(256);
  private length = 0;
  private sum = 0;
  private absolute = 0;
  private readonly floor: number;

  /** @param floor contributions below this share of the row's absolute mass are dropped; 0 keeps all */
  constructor(floor: number) {
    this.floor = floor;
  }

  /** Contributions of units first, first + 1, ... */
  run(first: number, values: Float32Array, start: number, end: number): void {
    let sum = 0;
    let absolute = 0;
    for (let i = start; i < end; i++) {
      const v = values[i]!;
      sum += v;
      absolute += v < 0 ? -v : v;
    }
    this.sum += sum;
    this.absolute += absolute;
    const least = this.absolute * this.floor;
    for (let i = start; i < end; i++) {
      const v = values[i]!;
      if ((v < 0 ? -v : v) > least) this.push(first + i - start, v);
    }
  }

  /** Contributions of the units in a list. */
  some(units: ArrayLike<number>, values: Float32Array, start: number): void {
    for (let i = 0; i < units.length; i++) {
      const v = values[start + i]!;
      this.sum += v;
      this.absolute += Math.abs(v);
      if (v !== 0) this.push(units[i]!, v);
    }
  }

  private push(unit: number, weight: number): void {
    if (this.length === this.units.length) {
      const units = new Uint32Array(this.length * 2);
      const weights = new Float32Array(this.length * 2);
      units.set(this.units);
      weights.set(this.weights);
      this.units = units;
      this.weights = weights;
    }
    this.units[this.length] = unit;
    this.weights[this.length++] = weight;
  }

  /** The row with everything below the floor of its final mass dropped, at most `most` contributions, largest kept. */
  finish(most: number): FinishedRow {
    let least = this.absolute * this.floor;
    if (this.length > most) {
      const sizes = this.weights.slice(0, this.length).map(Math.abs).sort();
      least = Math.max(least, sizes[this.length - most - 1]!);
    }
    let kept = 0;
    let keptSum = 0;
    let keptAbsolute = 0;
    for (let i = 0; i < this.length; i++) {
      const v = this.weights[i]!;
      if (Math.abs(v) <= least && least > 0) continue;
      this.units[kept] = this.units[i]!;
      this.weights[kept++] = v;
      keptSum += v;
      keptAbsolute += Math.abs(v);
    }
    const everything = kept === this.length && least === 0;
    return {
      units: this.units.slice(0, kept),
      unitWeights: this.weights.slice(0, kept),
      sum: this.sum,
      absolute: this.absolute,
      dropped: everything ? 0 : this.sum - keptSum,
      droppedAbsolute: everything ? 0 : Math.max(0, this.absolute - keptAbsolute),
    };
  }
}
