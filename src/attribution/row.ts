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

  /** Contributions of units first, first + 1, ...: values [start, end), each times its factor where there are any. */
  run(first: number, values: Float32Array, start: number, end: number, factors?: Float32Array): void {
    // Math.abs and not a question of sign: signs are random, and a wrong guess costs the processor 15 cycles.
    const count = end - start;
    const by = factors ?? ones(count);
    // What is small for the mass so far is small for the final mass; `finish` drops what is left of the small.
    let least = this.absolute * this.floor;
    if (least === 0 && this.floor > 0) least = massOf(values, start, count, by) * this.floor;
    // Two sums each, because one waits for its last addition.
    let s0 = 0;
    let s1 = 0;
    let a0 = 0;
    let a1 = 0;
    let i = 0;
    for (; i + 1 < count; i += 2) {
      const v0 = values[start + i]! * by[i]!;
      const v1 = values[start + i + 1]! * by[i + 1]!;
      const m0 = Math.abs(v0);
      const m1 = Math.abs(v1);
      s0 += v0;
      s1 += v1;
      a0 += m0;
      a1 += m1;
      if (m0 > least) this.push(first + i, v0);
      if (m1 > least) this.push(first + i + 1, v1);
    }
    if (i < count) {
      const v = values[start + i]! * by[i]!;
      s0 += v;
      a0 += Math.abs(v);
      if (Math.abs(v) > least) this.push(first + i, v);
    }
    this.sum += s0 + s1;
    this.absolute += a0 + a1;
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
    if (least === 0 && this.length <= most) {
      return {
        units: this.units.slice(0, this.length),
        unitWeights: this.weights.slice(0, this.length),
        sum: this.sum,
        absolute: this.absolute,
        dropped: 0,
        droppedAbsolute: 0,
      };
    }
    if (this.length > most) {
      const sizes = this.weights.slice(0, this.length).map(Math.abs).sort();
      least = Math.max(least, sizes[this.length - most - 1]!);
    }
    let kept = 0;
    let keptSum = 0;
    let keptAbsolute = 0;
    for (let i = 0; i < this.length; i++) {
      const v = this.weights[i]!;
      if (Math.abs(v) <= least) continue;
      this.units[kept] = this.units[i]!;
      this.weights[kept++] = v;
      keptSum += v;
      keptAbsolute += Math.abs(v);
    }
    return {
      units: this.units.slice(0, kept),
      unitWeights: this.weights.slice(0, kept),
      sum: this.sum,
      absolute: this.absolute,
      dropped: this.sum - keptSum,
      droppedAbsolute: Math.max(0, this.absolute - keptAbsolute),
    };
  }
}

function massOf(values: Float32Array, start: number, count: number, by: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.abs(values[start + i]! * by[i]!);
  return sum;
}

let manyOnes = new Float32Array(0);

function ones(count: number): Float32Array {
  if (manyOnes.length < count) manyOnes = new Float32Array(count).fill(1);
  return manyOnes;
}
