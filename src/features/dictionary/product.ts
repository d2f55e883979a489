/**
 * Products with matrices that are used once: rows read from a file, active decoder rows. Large ones run on the device
 * with the matrix as an input; for small ones a plain loop is faster than the way there.
 */
import { input } from "../../core/expr.ts";
import { linear } from "../../core/ops/linear.ts";
import { float32, tensor } from "../../core/tensor.ts";
import type { Device, Program } from "../../devices/device.ts";

/** Multiplications below which the loop wins: a call of the device takes about 50 µs. */
const SMALL = 100_000;

export class Product {
  private readonly device: Device;
  private readonly small: number;
  private readonly made = new Map<string, Promise<Program>>();

  constructor(device: Device, small = SMALL) {
    this.device = device;
    this.small = small;
  }

  /** x [n, width] by rows [m, width] → [n, m]. */
  byRows(x: Floats, n: number, rows: Floats, m: number, width: number): Promise<Floats> {
    return this.run(x, n, rows, m, width, false);
  }

  /** x [n, width] by a matrix [width, m] → [n, m]. */
  byColumns(x: Floats, n: number, matrix: Floats, m: number, width: number): Promise<Floats> {
    return this.run(x, n, matrix, m, width, true);
  }

  private async run(x: Floats, n: number, w: Floats, m: number, width: number, flipped: boolean): Promise<Floats> {
    if (n === 0 || m === 0) return new Float32Array(n * m);
    if (n * m * width < this.small) return flipped ? columnLoop(x, n, w, m, width) : rowLoop(x, n, w, m, width);
    const key = `${flipped} ${flipped ? m : width}`;
    let program = this.made.get(key);
    if (!program) {
      const shape = flipped ? (["inner", m] as const) : (["row", width] as const);
      const from = input("x", ["n", flipped ? "inner" : width]);
      program = this.device.compile({ y: linear(from, input("w", shape), flipped) }, {});
      this.made.set(key, program);
    }
    const given = { x: tensor([n, width], x), w: tensor(flipped ? [width, m] : [m, width], w) };
    return float32((await (await program).run(given)).y);
  }

  async release(): Promise<void> {
    const all = [...this.made.values()];
    this.made.clear();
    for (const program of all) await (await program).release();
  }
}

type Floats = Float32Array<ArrayBuffer>;

function rowLoop(x: Floats, n: number, w: Floats, m: number, width: number): Floats {
  const out = new Float32Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let q = 0; q < width; q++) sum += x[i * width + q]! * w[j * width + q]!;
      out[i * m + j] = sum;
    }
  }
  return out;
}

function columnLoop(x: Floats, n: number, w: Floats, m: number, width: number): Floats {
  const out = new Float32Array(n * m);
  for (let i = 0; i < n; i++) {
    const sum = new Float64Array(m);
    for (let q = 0; q < width; q++) {
      const v = x[i * width + q]!;
      for (let j = 0; j < m; j++) sum[j]! += v * w[q * m + j]!;
    }
    out.set(sum, i * m);
  }
  return out;
}
