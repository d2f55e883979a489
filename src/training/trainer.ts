/**
 * One model in training: its weights, its optimisers, and how many steps it has taken. One step is one run of the loss
 * program, then Muon and AdamW. Knows no corpus, no clock and no disk; its whole state goes out and in as tensors.
 */
import { internal, Problem } from "../core/problem.ts";
import { countOf } from "../core/shape.ts";
import { float32, type Tensor, tensor } from "../core/tensor.ts";
import type { Device, Program } from "../devices/device.ts";
import type { OutgoingTensor } from "../formats/write-safetensors.ts";
import type { ModelConfig } from "../models/config.ts";
import type { Batch } from "./corpus/pack.ts";
import { decoderTraining } from "./decoder-loss.ts";
import { AdamW } from "./optimiser/adamw.ts";
import { Muon } from "./optimiser/muon.ts";
import { clip, rateAt, type Schedule } from "./optimiser/schedule.ts";
import { initialValues, type Parameter, parametersOf, type Values } from "./parameters.ts";
import { lossInputs } from "./step-inputs.ts";

export interface TrainerSettings {
  readonly seed: number;
  readonly schedule: Schedule;
  /** Decoupled weight decay, a share of the rate. */
  readonly decay: number;
  /** The largest norm of a gradient. */
  readonly clip: number;
  /** Of every batch. */
  readonly rows: number;
  readonly length: number;
}

export interface StepReport {
  /** Steps taken, this one included. */
  readonly step: number;
  readonly loss: number;
  readonly rate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
  readonly tokens: number;
}

export class Trainer {
  readonly config: ModelConfig;
  readonly parameters: readonly Parameter[];
  readonly values: Values;
  settings: TrainerSettings;
  private taken = 0;
  private readonly program: Program;
  private readonly muon: Muon;
  private readonly adam: AdamW;

  private constructor(config: ModelConfig, settings: TrainerSettings, program: Program, muon: Muon) {
    this.config = config;
    this.settings = settings;
    this.program = program;
    this.muon = muon;
    this.parameters = parametersOf(config);
    this.values = initialValues(config, settings.seed);
    this.adam = new AdamW(this.parameters.filter(p => p.kind !== "matrix"));
  }

  static async create(device: Device, config: ModelConfig, settings: TrainerSettings): Promise<Trainer> {
    const { rows, length } = settings;
    const program = await device.compile(decoderTraining(config), {}, { batch: rows, token: length });
    const matrices = parametersOf(config).filter(p => p.kind === "matrix");
    return new Trainer(config, settings, program, await Muon.create(device, matrices));
  }

  get step(): number {
    return this.taken;
  }

  /** The weights as inputs of a program. */
  weights(): Record<string, Tensor> {
    return Object.fromEntries(this.parameters.map(p => [p.name, tensor(p.shape, this.values.get(p.name)!)]));
  }

  /** Learns from one batch. Throws a Problem when the loss is no longer a number. */
  async learn(batch: Batch): Promise<StepReport> {
    const { schedule, decay, clip: most } = this.settings;
    const out = await this.program.run({ ...this.weights(), ...lossInputs(this.config, batch) });
    const loss = float32(out.loss)[0]!;
    const gradients: Values = new Map(this.parameters.map(p => [p.name, float32(out[`gradient.${p.name}`])]));
    const gradientNorm = clip(gradients, most);
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new Problem(`the loss is ${loss} and the gradient's norm ${gradientNorm} at step ${this.taken + 1}`, {
        advice: `a lower learning rate than ${schedule.rate} (--rate)`,
      });
    }
    const rate = rateAt(schedule, this.taken);
    await this.muon.step(this.values, gradients, rate, decay);
    this.taken++;
    this.adam.step(this.values, gradients, this.taken, rate, decay);
    return { step: this.taken, loss, rate, gradientNorm, tokens: batch.tokens };
  }

  /** Everything that the next step depends on, beside settings and batches: copies nothing. */
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

  get size(): number {
    return this.parameters.reduce((sum, p) => sum + countOf(p.shape), 0);
  }

  async release(): Promise<void> {
    await this.program.release();
    await this.muon.release();
  }
}
