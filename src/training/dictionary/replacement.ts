/**
 * A dictionary, folded for raw activations, ready to be put in the place of what it was trained on: layer by layer as
 * the model runs, upwards. Holds what features of lower layers write to higher ones until those are reached.
 */
import { input, type Outputs } from "../../core/expr.ts";
import { sumTo } from "../../core/ops/sum-to.ts";
import { float32, type Tensor, tensor } from "../../core/tensor.ts";
import type { Device, Program } from "../../devices/device.ts";
import { type Values, valueNamed } from "../parameters.ts";
import { outputsOf, type Plan, parametersOf } from "./plan.ts";
import { transcode } from "./transcode.ts";

type Floats = Float32Array<ArrayBuffer>;

export interface Rebuilt {
  /** [n, dModel] */
  readonly out: Floats;
  /** [features] in how many of the rows each is active. */
  readonly fired: Floats;
}

/** The folded weights of these layers as a program's inputs or weights. */
export function weightsOf(plan: Plan, folded: Values, layers = plan.layers): Record<string, Tensor> {
  return Object.fromEntries(
    parametersOf(plan, layers).map(({ name, shape }) => [name, tensor(shape, valueNamed(folded, name))]),
  );
}

export class Replacement {
  readonly plan: Plan;
  private readonly programs: ReadonlyMap<number, Program>;
  /** [n, dModel] by layer: what features below have written there so far. */
  private readonly pending = new Map<number, Floats>();

  private constructor(plan: Plan, programs: ReadonlyMap<number, Program>) {
    this.plan = plan;
    this.programs = programs;
  }

  static async create(device: Device, plan: Plan, folded: Values): Promise<Replacement> {
    const programs = new Map<number, Program>();
    for (const layer of plan.layers) {
      const { mask, wrote, linear } = transcode(plan, layer, input("read", ["row", plan.dModel]));
      const outputs: Outputs = { fired: sumTo(mask, [plan.features]), wrote, linear };
      programs.set(layer, await device.compile(outputs, weightsOf(plan, folded, [layer])));
    }
    return new Replacement(plan, programs);
  }

  /** What the dictionary writes at this layer for what was read there [n, dModel]; layers in ascending order. */
  async at(layer: number, read: Floats): Promise<Rebuilt> {
    const { plan } = this;
    const { dModel } = plan;
    const n = read.length / dModel;
    const result = await this.programs.get(layer)!.run({ read: tensor([n, dModel], read) });
    const [wrote, linear] = [float32(result.wrote), float32(result.linear)];
    const width = outputsOf(plan, layer) * dModel;
    const first = plan.layers.indexOf(layer);
    for (let o = 0; o < width / dModel; o++) {
      const target = plan.layers[first + o]!;
      const to = this.pending.get(target) ?? new Float32Array(n * dModel);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < dModel; j++) to[i * dModel + j]! += wrote[i * width + o * dModel + j]!;
      this.pending.set(target, to);
    }
    const out = this.pending.get(layer)!;
    this.pending.delete(layer);
    for (let i = 0; i < out.length; i++) out[i]! += linear[i % linear.length]!;
    return { out, fired: float32(result.fired) };
  }

  /** Forget what a run that was not finished has left. */
  clear(): void {
    this.pending.clear();
  }

  async release(): Promise<void> {
    for (const program of this.programs.values()) await program.release();
  }
}
