/**
 * Muon (Jordan et al. 2024) for the matrices of a model: momentum, then every singular value of the step made equal.
 * The step is scaled so that its entries are as large as AdamW's (Liu et al. 2025, arXiv 2502.16982), so both share
 * one learning rate. Matrices of one shape go through one program together.
 */
import { internal } from "../../core/problem.ts";
import { countOf } from "../../core/shape.ts";
import { float32, tensor } from "../../core/tensor.ts";
import type { Device, Program } from "../../devices/device.ts";
import type { Parameter, Values } from "../parameters.ts";
import { valueNamed } from "../parameters.ts";
import { newtonSchulz } from "./newton-schulz.ts";

const momentum = 0.95;

interface Group {
  readonly rows: number;
  readonly columns: number;
  readonly members: readonly string[];
  readonly program: Program;
}

export class Muon {
  /** The running sums, by name of the parameter. */
  readonly momenta: Values;
  private readonly groups: readonly Group[];

  private constructor(groups: readonly Group[], momenta: Values) {
    this.groups = groups;
    this.momenta = momenta;
  }

  static async create(device: Device, parameters: readonly Parameter[]): Promise<Muon> {
    const byShape = new Map<string, Parameter[]>();
    for (const p of parameters) {
      if (p.shape.length !== 2) throw internal(`Muon moves matrices, and ${p.name} is [${p.shape.join(", ")}]`);
      byShape.set(p.shape.join(), [...(byShape.get(p.shape.join()) ?? []), p]);
    }
    const groups = await Promise.all(
      [...byShape.values()].map(async members => {
        const [rows, columns] = members[0]!.shape as [number, number];
        const program = await device.compile(newtonSchulz(members.length, rows, columns), {});
        return { rows, columns, members: members.map(p => p.name), program };
      }),
    );
    return new Muon(groups, new Map(parameters.map(p => [p.name, new Float32Array(countOf(p.shape))])));
  }

  /** Moves `values` in place. */
  async step(values: Values, gradients: Values, rate: number, decay: number): Promise<void> {
    for (const { rows, columns, members, program } of this.groups) {
      const size = rows * columns;
      const x = new Float32Array(members.length * size);
      members.forEach((name, at) => {
        const m = valueNamed(this.momenta, name);
        const g = valueNamed(gradients, name);
        for (let i = 0; i < size; i++) {
          m[i] = momentum * m[i]! + g[i]!;
          // Nesterov: look one step ahead.
          x[at * size + i] = g[i]! + momentum * m[i]!;
        }
      });
      const y = float32((await program.run({ x: tensor([members.length, rows, columns], x) })).y);
      const by = rate * 0.2 * Math.sqrt(Math.max(rows, columns));
      const keep = 1 - rate * decay;
      members.forEach((name, at) => {
        const w = valueNamed(values, name);
        for (let i = 0; i < size; i++) w[i] = keep * w[i]! - by * y[at * size + i]!;
      });
    }
  }

  async release(): Promise<void> {
    for (const { program } of this.groups) await program.release();
  }
}
