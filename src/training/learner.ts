/**
 * Weights that learn from a loss: the program that gives loss and gradients, the optimisers, and how many steps were
 * taken. Knows no model and no data; its whole state goes out and in as tensors.
 */
import type { Outputs } from "../core/expr.ts";
import { internal, Problem } from "../core/problem.ts";
import { training } from "../core/readings/train.ts";
import { countOf } from "../core/shape.ts";
import { float32, type Tensor, tensor } from "../core/tensor.ts";
import type { Device, Given, Program } from "../devices/device.ts";
import type { OutgoingTensor } from "../formats/write-safetensors.ts";
import { AdamW } from "./optimiser/adamw.ts";
import { Muon } from "./optimiser/muon.ts";
import { clip } from "./optimiser/schedule.ts";
import type { Parameter, Values } from "./parameters.ts";

export interface Pace {
  readonly rate: number;
  /** Decoupled weight decay, a share of the rate. */
  readonly decay: number;
  /** The largest norm of a gradient. */
  readonly clip: number;
}

export interface Learned {
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
}

export class Learner {
  readonly parameters: readonly Parameter[];
  readonly values: Values;
  private taken = 0;
  private readonly program: Program;
  private readonly muon: Muon;
  private readonly adam: AdamW;
  /** Memory that the program writes into again and again, by output. */
  private into: Record<string, Tensor> = {};

  private constructor(parameters: readonly Parameter[], values: Values, program: Program, muon: Muon) {
    this.parameters = parameters;
    this.values = values;
    this.program = program;
    this.muon = muon;
    this.adam = new AdamW(parameters.filter(p => p.kind !== "matrix"));
  }

  /** `loss` is one of the outputs, a single number over the parameters as weights; `sizes` are those of its named axes. */
  static async create(
    device: Device,
    outputs: Outputs,
    parameters: readonly Parameter[],
    values: Values,
    sizes: Readonly<Record<string, number>>,
  ): Promise<Learner> {
    const program = await device.compile(training(outputs), {}, sizes);
    const muon = await Muon.create(
      device,
      parameters.filter(p => p.kind === "matrix"),
    );
    return new Learner(parameters, values, program, muon);
  }

  get step(): number {
    return this.taken;
  }

  get size(): number {
    return this.parameters.reduce((sum, p) => sum + countOf(p.shape), 0);
  }

  /** The weights as inputs of a program. */
  weights(): Record<string, Tensor> {
    return Object.fromEntries(this.parameters.map(p => [p.name, tensor(p.shape, this.values.get(p.name)!)]));
  }

  /**
   * One step. `more` sees the program's outputs (valid until the next step) and may add to the gradients.
   * Throws a Problem when the loss is no longer a number.
   */
  async learn(
    given: Given,
    { rate, decay, clip: most }: Pace,
    more?: (outputs: Readonly<Record<string, Tensor>>, gradients: Values) => void | Promise<void>,
  ): Promise<Learned> {
    const out = await this.program.run({ ...this.weights(), ...given }, undefined, this.into);
    this.into = out;
    const loss = float32(out.loss)[0]!;
    const gradients: Values = new Map(this.parameters.map(p => [p.name, float32(out[`gradient.${p.name}`])]));
    await more?.(out, gradients);
    const gradientNorm = clip(gradients, most);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new Problem(`the loss is ${loss} and the gradient's norm ${gradientNorm} at step ${this.taken + 1}`, {
        advice: `a lower learning rate than ${rate.toPrecision(2)} (--rate)`,
      });
    }
    await this.muon.step(this.values, gradients, rate, decay);
    this.taken++;
    this.adam.step(this.values, gradients, this.taken, rate, decay);
    return { loss, gradientNorm };
  }

  /** Everything that the next step depends on, beside the pace and what is given: copies nothing. */
  state(): OutgoingTensor[] {
    const shapes = new Map(this.parameters.map(p => [p.name, p.shape]));
    return this.parts().flatMap(([part, values]) =>
      [...values].map(([name, data]) => ({ name: `${part}.${name}`, shape: shapes.get(name)!, data })),
    );
  }

  /** The reverse. `read` gives a tensor of a state by name. */
  async restore(step: number, read: (name: string) => Promise<Float32Array<ArrayBuffer>>): Promise<void> {
    const loaded: [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>][] = [];
    for (const [part, values] of this.parts()) {
      for (const [name, data] of values) {
        const from = await read(`${part}.${name}`);
        if (from.length !== data.length) throw internal(`${part}.${name} has ${from.length} numbers in the checkpoint`);
        loaded.push([data, from]);
      }
    }
    // Only now, so that a checkpoint cut short changes nothing.
    for (const [data, from] of loaded) data.set(from);
    this.taken = step;
  }

  private parts(): [string, Values][] {
    return [
      ["weight", this.values],
      ["muon", this.muon.momenta],
      ["adam.first", this.adam.first],
      ["adam.second", this.adam.second],
    ];
  }

  async release(): Promise<void> {
    await this.program.release();
    await this.muon.release();
  }
}
