/**
 * From pre-activations, a run of features at a time, to the features that are active: the dictionary's non-linearity.
 */
import type { Activation } from "../../formats/dictionaries/dictionary.ts";

/** What is active at some positions of one layer, ordered by position, then feature. */
export interface Active {
  readonly position: Uint32Array;
  readonly index: Uint32Array;
  /** Before and after the non-linearity; the same number wherever a feature is active, for all that we know. */
  readonly value: Float32Array;
}

interface Found {
  index: number;
  value: number;
}

/** Collects what is active. Feed it every feature once, in any order of runs; then `finish`. */
export class Selection {
  private readonly activation: Activation;
  private readonly found: Found[][];
  /** [position] the k-th largest so far (topk). */
  private readonly least: Float64Array;
  private readonly group: number;

  constructor(activation: Activation, features: number, positions: number) {
    this.activation = activation;
    this.found = Array.from({ length: positions }, () => []);
    this.least = new Float64Array(positions).fill(Number.NEGATIVE_INFINITY);
    this.group = activation.kind === "groupmax" ? features / activation.k : 1;
  }

  /** pre [positions, count]: pre-activations of features first … first + count − 1. */
  add(first: number, count: number, pre: Float32Array): void {
    for (let position = 0; position < this.found.length; position++) {
      const found = this.found[position]!;
      const start = position * count;
      switch (this.activation.kind) {
        case "relu":
          for (let j = 0; j < count; j++)
            if (pre[start + j]! > 0) found.push({ index: first + j, value: pre[start + j]! });
          break;
        case "jumprelu": {
          const { threshold } = this.activation;
          for (let j = 0; j < count; j++) {
            const value = pre[start + j]!;
            if (value > threshold[first + j]!) found.push({ index: first + j, value });
          }
          break;
        }
        case "topk": {
          const { k, rectified } = this.activation;
          for (let j = 0; j < count; j++) {
            const value = pre[start + j]!;
            if (value > this.least[position]! && (!rectified || value > 0)) {
              found.push({ index: first + j, value });
              if (found.length >= 4 * k) this.keepLargest(position, k);
            }
          }
          break;
        }
        case "groupmax":
          for (let j = 0; j < count; j++) if (pre[start + j]! > 0) this.challenge(found, first + j, pre[start + j]!);
          break;
      }
    }
  }

  private keepLargest(position: number, k: number): void {
    const found = this.found[position]!;
    // The lower feature wins a tie.
    found.sort((a, b) => b.value - a.value || a.index - b.index);
    found.length = Math.min(found.length, k);
    if (found.length === k) this.least[position] = found[k - 1]!.value;
  }

  private challenge(found: Found[], index: number, value: number): void {
    const group = Math.floor(index / this.group);
    const at = found.findIndex(one => Math.floor(one.index / this.group) === group);
    if (at < 0) found.push({ index, value });
    else if (value > found[at]!.value) found[at] = { index, value };
  }

  /** Positions below `silent` are left out. */
  finish(silent = 0): Active {
    const { activation } = this;
    if (activation.kind === "topk")
      for (let position = 0; position < this.found.length; position++) this.keepLargest(position, activation.k);
    let count = 0;
    this.found.forEach((found, position) => {
      // What is chosen with a value of exactly 0 contributes nothing and is not counted as active.
      this.found[position] = position < silent ? [] : found.filter(one => one.value !== 0);
      this.found[position]!.sort((a, b) => a.index - b.index);
      count += this.found[position]!.length;
    });
    const active = { position: new Uint32Array(count), index: new Uint32Array(count), value: new Float32Array(count) };
    let at = 0;
    this.found.forEach((found, position) => {
      for (const { index, value } of found) {
        active.position[at] = position;
        active.index[at] = index;
        active.value[at++] = value;
      }
    });
    return active;
  }
}
