/**
 * Products with matrices that are used once: rows read from a file, active decoder rows. Large ones run on the device
 * with the matrix as an input; for small ones a plain loop is faster than the way there.
 */
import { type Expr, input } from "../../core/expr.ts";
import { linear } from "../../core/ops/linear.ts";
import { matmul } from "../../core/ops/matmul.ts";
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

  /** x [blocks, n, width] by rows [blocks, m, width], block by block → [blocks, n, m]. */
  async byBlocks(x: Floats, n: number, rows: Floats, m: number, width: number): Promise<Floats> {
    const blocks = x.length / (n * width);
    if (x.length === 0 || m === 0) return new Float32Array(blocks * n * m);
    if (blocks * n * m * width < this.small) {
      const out = new Float32Array(blocks * n * m);
      for (let b = 0; b < blocks; b++) {
        const one = x.subarray(b * n * width, (b + 1) * n * width);
        out.set(rowLoop(one, n, rows.subarray(b * m * width, (b + 1) * m * width), m, width), b * n * m);
      }
      return out;
    }
    const program = await this.program(`blocks ${width}`, () =>
      matmul(input("x", ["block", "n", width]), input("w", ["block", "row", width]), false, true),
    );
    const given = { x: tensor([blocks, n, width], x), w: tensor([blocks, m, width], rows) };
    return float32((await program.run(given)).y);
  }

  private async run(x: Floats, n: number, w: Floats, m: number, width: number, flipped: boolean): Promise<Floats> {
    if (n === 0 || m === 0) return new Float32Array(n * m);
    if (n * m * width < this.small) return flipped ? columnLoop(x, n, w, m, width) : rowLoop(x, n, w, m, width);
    const program = await this.program(`${flipped} ${flipped ? m : width}`, () => {
      const shape = flipped ? (["inner", m] as const) : (["row", width] as const);
      return linear(input("x", ["n", flipped ? "inner" : width]), input("w", shape), flipped);
    });
    const given = { x: tensor([n, width], x), w: tensor(flipped ? [width, m] : [m, width], w) };
    return float32((await program.run(given)).y);
  }

  private program(key: string, y: () => Expr): Promise<Program> {
    let program = this.made.get(key);
    if (!program) {
      program = this.device.compile({ y: y() }, {});
      this.made.set(key, program);
    }
    return program;
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
