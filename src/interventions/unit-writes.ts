/** What one neuron adds to the stream for each unit of activation, the norm after the MLP held at the prompt's. */
import type { Recording } from "../models/record.ts";

export class UnitWrites {
  private readonly recording: Recording;
  private readonly downs = new Map<number, Promise<{ down: Float32Array; gain: Float32Array | undefined }>>();

  constructor(recording: Recording) {
    this.recording = recording;
  }

  /** [dModel] */
  async of(layer: number, position: number, index: number): Promise<Float32Array> {
    const { dModel, dMlp } = this.recording.model.config;
    const { down, gain } = await this.layer(layer);
    const scale = this.recording.postScale[layer]?.[position] ?? 1;
    return Float32Array.from({ length: dModel }, (_, i) => down[i * dMlp + index]! * scale * (gain?.[i] ?? 1));
  }

  private layer(layer: number) {
    let had = this.downs.get(layer);
    if (!had) {
      const { reader, config } = this.recording.model;
      had = (async () => ({
        down: (await reader.read("down", layer)).data,
        gain: config.family.postNorms ? (await reader.read("postNorm2", layer)).data : undefined,
      }))();
      this.downs.set(layer, had);
    }
    return had;
  }
}
