/**
 * A pull on what the MLP sees (after its norm) as a pull on the residual stream, the norm's scale held at what it was:
 * the frozen norm of `models/blocks/norm.ts`, one vector at a time.
 */
import type { WeightName } from "../models/layer-weights.ts";
import type { Model } from "../models/model.ts";

export class StreamPull {
  private readonly model: Model;
  private readonly gains = new Map<number, Promise<{ gain: Float32Array; bias: Float32Array | undefined }>>();

  constructor(model: Model) {
    this.model = model;
  }

  private norm2(layer: number) {
    let had = this.gains.get(layer);
    if (!had) {
      const read = async (name: WeightName) => (await this.model.reader.read(name, layer)).data;
      had = (async () => ({
        gain: await read("norm2"),
        bias: this.model.reader.has("norm2.bias", layer) ? await read("norm2.bias") : undefined,
      }))();
      this.gains.set(layer, had);
    }
    return had;
  }

  /**
   * @param pull  [dModel] on what the MLP sees
   * @param scale 1 / rms (or 1 / std) of the stream at this position
   * @returns the pull on the stream, and what the norm's bias adds to the value
   */
  async throughNorm(
    layer: number,
    pull: Float32Array,
    scale: number,
  ): Promise<{ vector: Float32Array<ArrayBuffer>; bias: number }> {
    const { gain, bias } = await this.norm2(layer);
    const vector = new Float32Array(pull.length);
    let mean = 0;
    let fixed = 0;
    for (let i = 0; i < pull.length; i++) {
      const v = pull[i]! * gain[i]! * scale;
      vector[i] = v;
      mean += v;
      if (bias) fixed += pull[i]! * bias[i]!;
    }
    if (this.model.config.family.norm === "layer") {
      mean /= pull.length;
      for (let i = 0; i < vector.length; i++) vector[i]! -= mean;
    }
    return { vector, bias: fixed };
  }

  /** The same below the gain: a pull on stream / rms. */
  centred(pull: Float32Array, scale: number): Float32Array<ArrayBuffer> {
    const vector = Float32Array.from(pull, v => v * scale);
    if (this.model.config.family.norm === "layer") {
      const mean = vector.reduce((a, b) => a + b, 0) / vector.length;
      for (let i = 0; i < vector.length; i++) vector[i]! -= mean;
    }
    return vector;
  }
}
