/**
 * A dictionary in training: a learner for each group of layers, their normalisation, and who has been silent. One step
 * is one batch of activations through every learner. Knows no text, no disk and no clock; its whole state goes out and in
 * as tensors.
 */
import { training } from "../../core/readings/train.ts";
import { float32, type Tensor, tensor } from "../../core/tensor.ts";
import type { Device, Program } from "../../devices/device.ts";
import type { OutgoingTensor } from "../../formats/write-safetensors.ts";
import { Learner } from "../learner.ts";
import { rateAt, type Schedule } from "../optimiser/schedule.ts";
import { type Values, valueNamed } from "../parameters.ts";
import type { ActivationRows } from "./activation-rows.ts";
import { fold, unfold } from "./fold.ts";
import { initialValues } from "./initial.ts";
import { dictionaryLoss, type Revival, revivalLoss } from "./loss.ts";
import { type Normalisation, normalisationInputs } from "./normalisation.ts";
import { groupsOf, named, outputsOf, type Plan, parametersOf } from "./plan.ts";
import { addRows, Silent, silentRows } from "./silent.ts";

export interface DictionarySettings {
  readonly seed: number;
  readonly schedule: Schedule;
  /** The largest norm of a gradient. */
  readonly clip: number;
  /** Tokens of a batch. */
  readonly rows: number;
  /** A feature is silent that was not active for this many tokens. */
  readonly silentAfter: number;
  readonly revival: Revival;
}

export interface DictionaryStep {
  /** Steps taken, this one included. */
  readonly step: number;
  readonly rate: number;
  /** By place in the plan's layers. */
  readonly layers: readonly {
    /** Share of the variance not rebuilt, on this batch. */
    readonly unexplained: number;
    /** Active features of a token, on average. */
    readonly active: number;
    readonly silent: number;
  }[];
}

interface Group {
  readonly layers: readonly number[];
  readonly learner: Learner;
}

export class DictionaryTrainer {
  readonly plan: Plan;
  readonly settings: DictionarySettings;
  readonly normalisation: Normalisation;
  private readonly groups: readonly Group[];
  private readonly silent: ReadonlyMap<number, Silent>;
  /** By the number of layers that features write to. */
  private readonly revivals: ReadonlyMap<number, Program>;
  private readonly constants: Record<string, Tensor>;

  private constructor(
    plan: Plan,
    settings: DictionarySettings,
    normalisation: Normalisation,
    groups: readonly Group[],
    revivals: ReadonlyMap<number, Program>,
  ) {
    this.plan = plan;
    this.settings = settings;
    this.normalisation = normalisation;
    this.groups = groups;
    this.revivals = revivals;
    this.silent = new Map(plan.layers.map(layer => [layer, new Silent(plan.features, settings.silentAfter)]));
    this.constants = normalisationInputs(normalisation, plan.layers, plan.dModel);
  }

  static async create(
    device: Device,
    plan: Plan,
    settings: DictionarySettings,
    normalisation: Normalisation,
  ): Promise<DictionaryTrainer> {
    const { rows, revival, seed } = settings;
    const groups: Group[] = [];
    const revivals = new Map<number, Program>();
    for (const layers of groupsOf(plan)) {
      const outputs = dictionaryLoss(plan, layers, rows);
      const values = initialValues(plan, layers, seed);
      groups.push({
        layers,
        learner: await Learner.create(device, outputs, parametersOf(plan, layers), values, { row: rows }),
      });
      for (const layer of layers) {
        const count = outputsOf(plan, layer);
        if (revivals.has(count)) continue;
        // Inputs are called by place here, so that layers share the program.
        const program = training(revivalLoss(plan, count, revival, rows));
        revivals.set(count, await device.compile(program, {}, { row: rows }));
      }
    }
    return new DictionaryTrainer(plan, settings, normalisation, groups, revivals);
  }

  get step(): number {
    return this.groups[0]!.learner.step;
  }

  /** Numbers that are learnt. */
  get size(): number {
    return this.groups.reduce((sum, { learner }) => sum + learner.size, 0);
  }

  /** Learns from one batch of `settings.rows` rows. Throws a Problem when a loss is no longer a number. */
  async learn(batch: ActivationRows): Promise<DictionaryStep> {
    const { plan, settings } = this;
    const { schedule, clip, rows } = settings;
    const rate = rateAt(schedule, this.step);
    const given: Record<string, Tensor> = { ...this.constants };
    plan.layers.forEach((layer, i) => {
      given[`read.${layer}`] = tensor([rows, plan.dModel], batch.read[i]!);
      given[`write.${layer}`] = tensor([rows, plan.dModel], batch.write[i]!);
    });
    const reports: DictionaryStep["layers"][number][] = [];
    for (const { layers, learner } of this.groups) {
      const step = learner.step;
      await learner.learn(given, { rate, decay: 0, clip }, async (out, gradients) => {
        for (const layer of layers) {
          const silent = this.silent.get(layer)!;
          const fired = float32(out[`fired.${layer}`]);
          silent.saw(fired, rows);
          reports.push({
            unexplained: meanSquare(float32(out[`error.${layer}`])),
            active: fired.reduce((sum, n) => sum + n, 0) / rows,
            silent: silent.count,
          });
          const features = silent.some(settings.revival.slots, step);
          if (features.length > 0) await this.revive(layer, features, given, out, learner.values, gradients);
        }
      });
    }
    this.keepThresholds();
    return { step: this.step, rate, layers: reports };
  }

  private async revive(
    layer: number,
    features: readonly number[],
    given: Readonly<Record<string, Tensor>>,
    out: Readonly<Record<string, Tensor>>,
    values: Values,
    gradients: Values,
  ): Promise<void> {
    const { plan, settings } = this;
    const count = outputsOf(plan, layer);
    const at = plan.layers.indexOf(layer);
    const errors = Array.from(
      { length: count },
      (_, i) => [`error.${i}`, out[`error.${plan.layers[at + i]}`]!] as const,
    );
    const result = await this.revivals.get(count)!.run({
      read: given[`read.${layer}`]!,
      readMinusMean: given[`readMinusMean.${layer}`]!,
      readPerScale: given[`readPerScale.${layer}`]!,
      ...Object.fromEntries(errors),
      ...silentRows(plan, layer, values, features, settings.revival.slots),
    });
    const add = (part: "encoder" | "encoderBias" | "decoder", width: number) =>
      addRows(valueNamed(gradients, named(part, layer)), float32(result[`gradient.${part}`]), features, width);
    add("encoder", plan.dModel);
    add("encoderBias", 1);
    add("decoder", count * plan.dModel);
  }

  /** Features of a layer that have not been active for long. */
  silentIn(layer: number): number {
    return this.silent.get(layer)!.count;
  }

  /** A threshold below 0 would let a feature write what it does not read. */
  keepThresholds(): void {
    for (const { layers, learner } of this.groups) {
      for (const layer of layers) {
        const thresholds = learner.values.get(named("threshold", layer));
        if (thresholds) for (let f = 0; f < thresholds.length; f++) thresholds[f] = Math.max(1e-3, thresholds[f]!);
      }
    }
  }

  /** The weights for normalised activations, of all layers; whoever changes them changes the trainer's. */
  values(): Values {
    return new Map(this.groups.flatMap(({ learner }) => [...learner.values]));
  }

  /** Takes over a saved dictionary's weights, for raw activations: per-layer transcoders and autoencoders. */
  begin(folded: Values): void {
    const from = unfold(this.plan, folded, this.normalisation);
    for (const [name, data] of this.values()) data.set(valueNamed(from, name));
  }

  /** The weights for raw activations. */
  folded(): Values {
    return fold(this.plan, this.values(), this.normalisation);
  }

  /** Everything that the next step depends on, beside settings and batches: copies nothing. */
  state(): OutgoingTensor[] {
    const { layers, dModel, features } = this.plan;
    return [
      ...this.groups.flatMap(({ learner }) => learner.state()),
      ...layers.map(layer => ({
        name: `silent.${layer}`,
        shape: [features],
        data: this.silent.get(layer)!.since,
      })),
      ...(["read", "write"] as const).flatMap(side =>
        layers.flatMap((layer, i) => {
          const { mean, scale } = this.normalisation[side][i]!;
          return [
            { name: `${side}Mean.${layer}`, shape: [dModel], data: mean },
            { name: `${side}Scale.${layer}`, shape: [1], data: Float32Array.of(scale) },
          ];
        }),
      ),
    ];
  }

  /** The reverse; the normalisation is given to `create`. `read` gives a tensor of a state by name. */
  async restore(step: number, read: (name: string) => Promise<Float32Array<ArrayBuffer>>): Promise<void> {
    const since = await Promise.all(this.plan.layers.map(layer => read(`silent.${layer}`)));
    for (const { learner } of this.groups) await learner.restore(step, read);
    this.plan.layers.forEach((layer, i) => {
      this.silent.get(layer)!.since.set(since[i]!);
    });
  }

  async release(): Promise<void> {
    for (const { learner } of this.groups) await learner.release();
    for (const program of this.revivals.values()) await program.release();
  }
}

/** The normalisation that a state was saved with. */
export async function savedNormalisation(
  plan: Plan,
  read: (name: string) => Promise<Float32Array<ArrayBuffer>>,
): Promise<Normalisation> {
  const side = (name: "read" | "write") =>
    Promise.all(
      plan.layers.map(async layer => ({
        mean: await read(`${name}Mean.${layer}`),
        scale: (await read(`${name}Scale.${layer}`))[0]!,
      })),
    );
  return { read: await side("read"), write: await side("write") };
}

function meanSquare(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum / values.length;
}
