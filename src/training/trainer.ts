/**
 * One model in training: a learner of the decoder's loss, its schedule, and its packed batches. One step is one run of
 * the loss program, then Muon and AdamW. Knows no corpus, no clock and no disk.
 */
import { countOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Device } from "../devices/device.ts";
import type { OutgoingTensor } from "../formats/write-safetensors.ts";
import type { ModelConfig } from "../models/config.ts";
import type { Batch } from "./corpus/pack.ts";
import { type ConceptAid, conceptHead, decoderLoss } from "./decoder-loss.ts";
import { type Learned, Learner } from "./learner.ts";
import { rateAt, type Schedule } from "./optimiser/schedule.ts";
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
  /** Learns beside the decoder, and is no part of it. */
  readonly aid?: ConceptAid;
}

export interface StepReport extends Learned {
  /** Steps taken, this one included. */
  readonly step: number;
  readonly rate: number;
  readonly tokens: number;
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

  static async create(device: Device, config: ModelConfig, settings: TrainerSettings): Promise<Trainer> {
    const { rows, length, seed, aid } = settings;
    const sizes = { batch: rows, token: length };
    const values = initialValues(config, seed);
    const parameters = parametersOf(config);
    if (aid) {
      const shape = [aid.count, config.dModel];
      parameters.push({ name: conceptHead, shape, kind: "table" });
      values.set(conceptHead, new Float32Array(countOf(shape)));
    }
    return new Trainer(
      config,
      settings,
      await Learner.create(device, decoderLoss(config, aid), parameters, values, sizes),
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
    const { schedule, decay, clip, aid } = this.settings;
    const rate = rateAt(schedule, this.step);
    const learned = await this.learner.learn(lossInputs(this.config, batch, aid), { rate, decay, clip });
    return { step: this.step, ...learned, rate, tokens: batch.tokens };
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
