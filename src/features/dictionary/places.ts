/**
 * Where a dictionary's features read and write in a recorded prompt, forwards (what stood there) and backwards (a pull
 * there as a pull on the stream, norms at their recorded scales).
 */
import { internal } from "../../core/problem.ts";
import type { Hook } from "../../formats/dictionaries/dictionary.ts";
import { mlpStream, type Recording } from "../../models/record.ts";
import { StreamPull } from "../stream-pull.ts";

type Floats = Float32Array<ArrayBuffer>;

/** The tap that a recording needs for a hook (`RecordOptions.readTaps`). */
export function tapsFor(hook: Hook): string[] {
  return hook === "normalized" ? ["norm2.normalized"] : hook === "mlp.in" ? ["mlp.in"] : [];
}

/** [token, dModel] what stood at the hook. `mlp.raw` is not kept by recordings. */
export function recordedAt(recording: Recording, layer: number, hook: Hook): Floats {
  switch (hook) {
    case "residual.in":
      return recording.residual[layer]!;
    case "mid":
      return mlpStream(recording, layer);
    case "normalized":
    case "mlp.in": {
      const data = recording.read[layer]![tapsFor(hook)[0]!];
      if (!data) throw internal(`the run was recorded without ${tapsFor(hook)[0]}`);
      return data;
    }
    case "mlp.out":
      return recording.mlpOut[layer]!;
    case "residual.out":
      return recording.residual[layer + 1]!;
    case "mlp.raw":
      if (!recording.model.config.family.postNorms) return recording.mlpOut[layer]!;
      throw internal("recordings do not keep an MLP's output before its norm");
  }
}

export class Places {
  private readonly recording: Recording;
  private readonly reads: Hook;
  private readonly writes: Hook;
  private readonly stream: StreamPull;
  private readonly gains = new Map<number, Promise<Floats>>();

  constructor(recording: Recording, reads: Hook, writes: Hook) {
    this.recording = recording;
    this.reads = reads;
    this.writes = writes;
    this.stream = new StreamPull(recording.model);
  }

  /** A pull [dModel] on what features read at a position → the pull on the stream, and what a norm's bias adds. */
  async reading(layer: number, position: number, pull: Floats): Promise<{ vector: Floats; bias: number }> {
    if (this.reads === "mid") return { vector: pull, bias: 0 };
    const scale = this.recording.read[layer]!["norm2.scale"]![position]!;
    if (this.reads === "normalized") return { vector: this.stream.centred(pull, scale), bias: 0 };
    return this.stream.throughNorm(layer, pull, scale);
  }

  /** [dModel] what a norm's bias puts where features read, whatever the stream is. */
  async readingBias(layer: number): Promise<Floats | undefined> {
    const { reader } = this.recording.model;
    return this.reads === "mlp.in" && reader.has("norm2.bias", layer)
      ? (await reader.read("norm2.bias", layer)).data
      : undefined;
  }

  /** Is there a norm between what features write and the stream? */
  get normed(): boolean {
    return this.writes === "mlp.raw" && this.recording.model.config.family.postNorms;
  }

  /** What is written [positions, dModel] as it reaches the stream: a new array, or the same where nothing is between. */
  async written(layer: number, values: Floats, firstPosition = 0): Promise<Floats> {
    if (!this.normed) return values;
    const gain = await this.gain(layer);
    const { dModel, family } = this.recording.model.config;
    const scale = this.recording.postScale[layer]!;
    const out = values.slice();
    for (let row = 0; row < out.length / dModel; row++) {
      const at = row * dModel;
      if (family.norm === "layer") centre(out, at, dModel);
      for (let i = 0; i < dModel; i++) out[at + i]! *= gain[i]! * scale[firstPosition + row]!;
    }
    return out;
  }

  /** Pulls [targets, positions, dModel] on the stream leaving the layer → pulls on what features write. */
  async writing(layer: number, pull: Floats, positions: number): Promise<Floats> {
    if (!this.normed) return pull;
    const gain = await this.gain(layer);
    const { dModel, family } = this.recording.model.config;
    const scale = this.recording.postScale[layer]!;
    const out = new Float32Array(pull.length);
    for (let row = 0; row < out.length / dModel; row++) {
      const at = row * dModel;
      const by = scale[row % positions]!;
      for (let i = 0; i < dModel; i++) out[at + i] = pull[at + i]! * gain[i]! * by;
      if (family.norm === "layer") centre(out, at, dModel);
    }
    return out;
  }

  private gain(layer: number): Promise<Floats> {
    let had = this.gains.get(layer);
    if (!had) {
      had = this.recording.model.reader.read("postNorm2", layer).then(t => t.data);
      this.gains.set(layer, had);
    }
    return had;
  }
}

function centre(values: Floats, at: number, length: number): void {
  let mean = 0;
  for (let i = 0; i < length; i++) mean += values[at + i]!;
  mean /= length;
  for (let i = 0; i < length; i++) values[at + i]! -= mean;
}
