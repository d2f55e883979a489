/**
 * The raw-neuron basis: every MLP unit as it is. Any model, nothing to download, no error nodes: the units are all
 * that an MLP writes.
 *
 * Frozen on a prompt, a neuron is linear in the stream: `h = act(g)·u` reads as ½ s (u₀·g + g₀·u) with s = act(g₀)/g₀,
 * and `h = act(z)` as (act(z₀)/z₀)·z (design §4). These are the frozen readings of the block, taken row by row because
 * a trace expands hundreds of units of tens of thousands.
 */
import { curveRatio } from "../core/ops/activation.ts";
import { float32, type Tensor, tensor } from "../core/tensor.ts";
import type { Model } from "../models/model.ts";
import type { Recording } from "../models/record.ts";
import type { Basis, Encoder, PromptBasis, UnitPlace } from "./basis.ts";
import { StreamPull } from "./stream-pull.ts";
import { writtenBias } from "./written-bias.ts";

export function neurons(model: Model): Basis {
  const basis: Basis = {
    name: "neurons",
    width: model.config.dMlp,
    silentPositions: 0,
    readTaps: [],
    on: async recording => new PromptNeurons(basis, recording, await writtenBias(recording)),
  };
  return basis;
}

class PromptNeurons implements PromptBasis {
  readonly basis: Basis;
  readonly count: number;
  private readonly recording: Recording;
  private readonly biases: (Float32Array<ArrayBuffer> | undefined)[];
  private readonly stream: StreamPull;
  /** Pulls on the units of a layer: as large as the largest batch, and used again and again. */
  private scratch = new Float32Array(0);
  private readonly downs = new Map<number, Promise<Float32Array<ArrayBuffer>>>();

  constructor(basis: Basis, recording: Recording, biases: (Float32Array<ArrayBuffer> | undefined)[]) {
    this.basis = basis;
    this.recording = recording;
    this.biases = biases;
    this.count = recording.model.layers * recording.tokens * basis.width;
    this.stream = new StreamPull(recording.model);
  }

  place(unit: number): UnitPlace {
    const index = unit % this.basis.width;
    const rest = (unit - index) / this.basis.width;
    const position = rest % this.recording.tokens;
    return { layer: (rest - position) / this.recording.tokens, position, index };
  }

  number({ layer, position, index }: UnitPlace): number | undefined {
    const inside = layer < this.recording.model.layers && position < this.recording.tokens && index < this.basis.width;
    return inside ? (layer * this.recording.tokens + position) * this.basis.width + index : undefined;
  }

  activation(unit: number): number {
    const { layer, position, index } = this.place(unit);
    return this.recording.read[layer]!.hidden![position * this.basis.width + index]!;
  }

  async encoders(units: readonly number[]): Promise<Encoder[]> {
    const { model, read } = this.recording;
    const { curve, dModel, family } = model.config;
    return Promise.all(
      units.map(async unit => {
        const { layer, position, index } = this.place(unit);
        const at = position * this.basis.width + index;
        const { up, gate, hidden } = read[layer]!;
        const seen = new Float32Array(dModel);
        // A unit that an intervention holds reads nothing: all of its value was put there.
        if (heldAt(this.recording, layer, at)) return { vector: seen, bias: hidden![at]!, value: hidden![at]! };
        let bias = 0;
        const take = async (name: "gate" | "up", by: number) => {
          const row = await model.reader.row(name, layer, index);
          for (let i = 0; i < dModel; i++) seen[i]! += by * row[i]!;
          bias += by * (await model.reader.biasAt(name, layer, index));
        };
        if (family.mlp === "gated") {
          const s = curveRatio(curve, gate![at]!);
          await take("gate", 0.5 * s * up![at]!);
          await take("up", 0.5 * s * gate![at]!);
        } else await take("up", curveRatio(curve, up![at]!));
        const through = await this.stream.throughNorm(layer, seen, read[layer]!["norm2.scale"]![position]!);
        return { vector: through.vector, bias: bias + through.bias, value: hidden![at]! };
      }),
    );
  }

  async decoder(unit: number): Promise<Float32Array<ArrayBuffer>> {
    const { layer, position, index } = this.place(unit);
    const { dModel, dMlp } = this.recording.model.config;
    const down = await this.down(layer);
    const column = Float32Array.from({ length: dModel }, (_, i) => down[i * dMlp + index]! * this.activation(unit));
    return this.afterPostNorm(layer, position, column);
  }

  /** The down projection, kept for the few layers that labels ask about. */
  private down(layer: number): Promise<Float32Array<ArrayBuffer>> {
    let had = this.downs.get(layer);
    if (!had) {
      had = this.recording.model.reader.read("down", layer).then(t => t.data);
      this.downs.set(layer, had);
      if (this.downs.size > 4) this.downs.delete(this.downs.keys().next().value!);
    }
    return had;
  }

  private async afterPostNorm(
    layer: number,
    position: number,
    written: Float32Array<ArrayBuffer>,
  ): Promise<Float32Array<ArrayBuffer>> {
    const scale = this.recording.postScale[layer]?.[position];
    if (scale === undefined) return written;
    const { data: gain } = await this.recording.model.reader.read("postNorm2", layer);
    return written.map((v, i) => v * scale * gain[i]!);
  }

  async score(
    layer: number,
    pull: Float32Array<ArrayBuffer>,
    targets: number,
    positions: number,
    scores: Parameters<PromptBasis["score"]>[4],
  ): Promise<void> {
    const { model, tokens, read, postScale } = this.recording;
    const { dModel, dMlp } = model.config;
    const program = await model.program("downPull", layer);
    const count = positions * dMlp;
    const given: Record<string, Tensor> = { pull: tensor([targets, positions, dModel], pull) };
    const scale = postScale[layer];
    if (scale) given["recorded.postNorm2.scale"] = tensor([1, positions, 1], scale.subarray(0, positions));
    if (this.scratch.length < targets * count) this.scratch = new Float32Array(targets * count);
    const shape = [targets, positions, dMlp];
    const into = { pulled: tensor(shape, this.scratch.subarray(0, targets * count)) };
    const { pulled } = await program.run(given, ["pulled"], into);
    scores.run(layer * tokens * dMlp, count, float32(pulled), read[layer]!.hidden!);
  }

  vectors(): [] {
    return [];
  }

  bias(layer: number): Float32Array<ArrayBuffer> | undefined {
    return this.biases[layer];
  }
}

/** Is the unit's value another than its gate and up projection give, because the run was changed there? */
export function heldAt(recording: Recording, layer: number, at: number): boolean {
  const { curve, family } = recording.model.config;
  const { up, gate, hidden } = recording.read[layer]!;
  const own =
    family.mlp === "gated"
      ? curveRatio(curve, gate![at]!) * gate![at]! * up![at]!
      : curveRatio(curve, up![at]!) * up![at]!;
  const value = hidden![at]!;
  return Math.abs(own - value) > 1e-3 * (Math.abs(own) + Math.abs(value)) + 1e-6;
}
