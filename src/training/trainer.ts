/**
 * One model in training: a learner of the decoder's loss, its schedule, and its packed batches. One step is one run of
 * the loss program, then Muon and AdamW. Knows no corpus, no clock and no disk.
 */
import { countOf } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import type { Device } from "../devices/device.ts";
import type { OutgoingTensor } from "../formats/write-safetensors.ts";
import type { ModelConfig } from "../models/config.ts";
import type { Batch } from "./corpus/pack.ts";
import { conceptHead, decoderLoss, type TrainingAids } from "./decoder-loss.ts";
import { type Learned, Learner } from "./learner.ts";
import { pullAt, rateAt, type Schedule } from "./optimiser/schedule.ts";
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
  readonly aids?: TrainingAids;
}

export interface StepReport extends Learned {
  /** Steps taken, this one included. */
  readonly step: number;
  readonly rate: number;
  readonly tokens: number;
  /** With few units asked for, the mean breadth of a layer. */
  readonly breadth?: number;
}

export class Trainer {
  readonly config: ModelConfig;
  settings: TrainerSettings;
  private readonly learner: Learner;

  private constructor(config: ModelConfig, settings: TrainerSettings, learner: Learner) {
    this.config = config;
    this.settings = settings;
    this.learner = learner;
  }

  /** @param from a trained decoder's weights, to go on from; those of the seed when left out */
  static async create(
    device: Device,
    config: ModelConfig,
    settings: TrainerSettings,
    from: Values = new Map(),
  ): Promise<Trainer> {
    const { rows, length, seed, aids } = settings;
    const sizes = { batch: rows, token: length };
    const values = initialValues(config, seed);
    const parameters = parametersOf(config);
    for (const [name, data] of from) values.set(name, Float32Array.from(data));
    if (aids?.concepts) {
      const shape = [aids.concepts.count, config.dModel];
      parameters.push({ name: conceptHead, shape, kind: "table" });
      values.set(conceptHead, new Float32Array(countOf(shape)));
    }
    return new Trainer(
      config,
      settings,
      await Learner.create(device, decoderLoss(config, aids), parameters, values, sizes),
    );
  }

  get step(): number {
    return this.learner.step;
  }

  /** The decoder's: an aid's are none of its own. */
  get parameters(): readonly Parameter[] {
    return this.learner.parameters.filter(p => p.name !== conceptHead);
  }

  get values(): Values {
    return this.learner.values;
  }

  get size(): number {
    return this.parameters.reduce((sum, p) => sum + countOf(p.shape), 0);
  }

  /** The decoder's weights as inputs of a program. */
  weights(): Record<string, Tensor> {
    const { [conceptHead]: _, ...own } = this.learner.weights();
    return own;
  }

  /** Learns from one batch. Throws a Problem when the loss is no longer a number. */
  async learn(batch: Batch): Promise<StepReport> {
    const { schedule, decay, clip, aids } = this.settings;
    const rate = rateAt(schedule, this.step);
    let breadth: number | undefined;
    const learned = await this.learner.learn(
      lossInputs(this.config, batch, aids, pullAt(schedule, this.step)),
      { rate, decay, clip },
      out => {
        if (out.breadth) breadth = float32(out.breadth)[0]!;
      },
    );
    return {
      step: this.step,
      ...learned,
      rate,
      tokens: batch.tokens,
      ...(breadth === undefined ? {} : { breadth }),
    };
  }

  /** Everything that the next step depends on, beside settings and batches: copies nothing. */
  state(): OutgoingTensor[] {
    return this.learner.state();
  }

  /** The reverse. `read` gives a tensor of a state by name. */
  restore(step: number, read: (name: string) => Promise<Float32Array<ArrayBuffer>>): Promise<void> {
    return this.learner.restore(step, read);
  }

  release(): Promise<void> {
    return this.learner.release();
  }
}
