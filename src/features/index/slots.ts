/**
 * Examples of many units in typed arrays: `slots` places a unit, each a window, the token where the unit peaks, its
 * value there, and its activation at every token of the window in 8 bits. The size is fixed before the first window.
 */
export class Slots {
  readonly slots: number;
  readonly length: number;
  /** −1: empty. */
  readonly window: Int32Array;
  readonly at: Uint16Array;
  readonly value: Float32Array;
  /** What tells two texts apart: equal keys are one text. */
  readonly key: Uint32Array;
  /** |activation| that ±127 stands for. */
  readonly scale: Float32Array;
  /** [unit, slot, token] */
  readonly acts: Int8Array;

  constructor(units: number, slots: number, length: number) {
    this.slots = slots;
    this.length = length;
    const n = units * slots;
    this.window = new Int32Array(n).fill(-1);
    this.at = new Uint16Array(n);
    this.value = new Float32Array(n);
    this.key = new Uint32Array(n);
    this.scale = new Float32Array(n);
    this.acts = new Int8Array(n * length);
  }

  /** Fills a slot. Activations are values[first], values[first + stride], ...: `tokens` of them, the first left out. */
  put(
    slot: number,
    window: number,
    at: number,
    key: number,
    values: Float32Array,
    first: number,
    stride: number,
    tokens: number,
  ): void {
    this.window[slot] = window;
    this.at[slot] = at;
    this.key[slot] = key;
    this.value[slot] = values[first + at * stride]!;
    let largest = 0;
    for (let t = 1; t < tokens; t++) largest = Math.max(largest, Math.abs(values[first + t * stride]!));
    this.scale[slot] = largest;
    const by = largest > 0 ? 127 / largest : 0;
    const acts = slot * this.length;
    this.acts[acts] = 0;
    for (let t = 1; t < tokens; t++) this.acts[acts + t] = Math.round(values[first + t * stride]! * by);
    this.acts.fill(0, acts + tokens, acts + this.length);
  }

  arrays() {
    return [this.window, this.at, this.value, this.key, this.scale, this.acts] as const;
  }
}
