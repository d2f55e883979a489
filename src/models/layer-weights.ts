/**
 * One layer's weights under canonical names, as [out, in] float32, read from the file when asked for and not kept.
 * Parts of fused tensors are cut out, flipped ones turned, gain offsets added, and NaN refused, here and nowhere else.
 */
import { internal, Problem } from "../core/problem.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Weights } from "../formats/weights.ts";
import type { ModelConfig } from "./config.ts";
import type { LayerWeight, Place } from "./families.ts";

/** A canonical name: a weight, or its bias. */
export type WeightName = LayerWeight | `${LayerWeight}.bias`;

const isGain = (name: string): boolean => /norm/i.test(name);

export class WeightReader {
  readonly weights: Weights;
  readonly config: ModelConfig;
  /** The first word of the family's names ("model.", "transformer."), and what this file has in its place. */
  private readonly word: string;
  private readonly stem: string;
  /** What the unembedding is called in this file, up to ".weight". */
  private readonly head: string;

  constructor(weights: Weights, config: ModelConfig) {
    this.weights = weights;
    this.config = config;
    const { embedding, unembedding } = config.family.weights;
    // "model.embed_tokens.weight" may be "language_model.model.embed_tokens.weight" in a multimodal checkpoint,
    // "model.language_model.embed_tokens.weight" in a newer one, "embed_tokens.weight" in a base model's.
    this.word = embedding.slice(0, embedding.indexOf(".") + 1);
    const bare = embedding.slice(this.word.length);
    const names = [...weights.tensors.keys()];
    const found =
      names.find(name => name === embedding) ??
      names.find(name => name.endsWith(`.${embedding}`)) ??
      names.find(name => name === bare || name.endsWith(`language_model.${bare}`));
    if (found === undefined) {
      throw new Problem(`there is no ${embedding} among the ${weights.tensors.size} tensors`, {
        advice: "checking that config.json and the weights belong to the same model",
      });
    }
    this.stem = found.slice(0, found.length - bare.length);
    // Newer GPT-NeoX code calls it as all others do.
    const heads = [unembedding, "lm_head.weight"];
    const head = names.find(name => heads.some(one => name === one || name.endsWith(`.${one}`)));
    this.head = (head ?? unembedding).replace(/\.weight$/, "");
  }

  private real(name: string): string {
    if (name.startsWith(this.word)) return this.stem + name.slice(this.word.length);
    return this.head + name.slice(name.lastIndexOf("."));
  }

  /** Is there a tensor of this file name? */
  hasTensor(name: string): boolean {
    return this.weights.tensors.has(this.real(name));
  }

  private place(
    name: WeightName,
    layer: number,
  ): { tensor: string; part?: 0 | 1 | 2; fused?: "thirds" | "heads" } | undefined {
    const bias = name.endsWith(".bias");
    const place: Place | undefined = this.config.family.layer[name.replace(/\.bias$/, "") as LayerWeight];
    if (place === undefined) return undefined;
    const text = (typeof place === "string" ? place : place.tensor).replace("*", String(layer));
    const file = bias ? text.replace(/\.weight$/, ".bias") : text;
    return typeof place === "string" ? { tensor: file } : { tensor: file, part: place.part, fused: place.fused };
  }

  has(name: string, layer: number): boolean {
    const place = this.place(name as WeightName, layer);
    return place !== undefined && this.hasTensor(place.tensor);
  }

  /** A layer's weight or bias. Throws a Problem that names it when it is absent, misshapen or not finite. */
  async read(name: WeightName, layer: number): Promise<Tensor & { data: Float32Array<ArrayBuffer> }> {
    const place = this.place(name, layer);
    if (!place) throw internal(`the family ${this.config.family.name} has no ${name}`);
    const full = await this.tensor(place.tensor);
    let { shape, data } = full;
    const bias = name.endsWith(".bias");
    if (!bias && this.config.family.flipped && shape.length === 2) ({ shape, data } = transposed(shape, data));
    if (place.part !== undefined) ({ shape, data } = this.cut(shape, data, place.part, place.fused!));
    if (isGain(name) && !bias && this.config.family.gainOffset)
      for (let i = 0; i < data.length; i++) data[i]! += this.config.family.gainOffset;
    this.check(name, place.tensor, shape);
    return tensor(shape, data);
  }

  private readonly turned = new Map<string, Promise<Float32Array<ArrayBuffer>>>();

  /** One row of a weight [in]: only its own bytes are read, where the file keeps rows together. */
  async row(name: LayerWeight, layer: number, index: number): Promise<Float32Array<ArrayBuffer>> {
    const place = this.place(name, layer);
    if (!place) throw internal(`the family ${this.config.family.name} has no ${name}`);
    if (place.part === undefined && !this.config.family.flipped) return this.rows(place.tensor, index, index + 1);
    const key = `${name}.${layer}`;
    let whole = this.turned.get(key);
    if (!whole) {
      whole = this.read(name, layer).then(t => t.data);
      this.turned.set(key, whole);
    }
    const data = await whole;
    const width = this.config.dModel;
    return data.subarray(index * width, (index + 1) * width);
  }

  /** One entry of a bias, 0 where there is none. */
  async biasAt(name: LayerWeight, layer: number, index: number): Promise<number> {
    if (!this.has(`${name}.bias`, layer)) return 0;
    const key = `${name}.bias.${layer}`;
    let whole = this.turned.get(key);
    if (!whole) {
      whole = this.read(`${name}.bias`, layer).then(t => t.data);
      this.turned.set(key, whole);
    }
    return (await whole)[index]!;
  }

  /** A whole tensor by its file name, checked for NaN. */
  async tensor(name: string): Promise<{ shape: readonly number[]; data: Float32Array<ArrayBuffer> }> {
    const real = this.real(name);
    const info = this.weights.tensors.get(real);
    if (!info)
      throw new Problem(`the weights have no tensor "${real}"`, {
        advice: "checking that every file of the model is there",
      });
    const data = await this.weights.read(real);
    assertFinite(real, data);
    return { shape: info.shape, data };
  }

  /** Rows of a table, for embeddings: [end − start, width]. */
  async rows(
    name: string,
    start: number,
    end: number,
    into?: Float32Array<ArrayBuffer>,
  ): Promise<Float32Array<ArrayBuffer>> {
    const data = await this.weights.read(this.real(name), into ? { start, end, into } : { start, end });
    assertFinite(this.real(name), data);
    return data;
  }

  shapeOf(name: string): readonly number[] {
    return this.weights.tensors.get(this.real(name))?.shape ?? [];
  }

  private cut(shape: readonly number[], data: Float32Array<ArrayBuffer>, part: number, fused: "thirds" | "heads") {
    const width = shape[1] ?? 1;
    const rows = shape[0]! / 3;
    const out = new Float32Array(rows * width);
    if (fused === "thirds") out.set(data.subarray(part * rows * width, (part + 1) * rows * width));
    else {
      const block = this.config.dHead * width;
      for (let head = 0; head < this.config.heads; head++) {
        out.set(data.subarray((head * 3 + part) * block, (head * 3 + part + 1) * block), head * block);
      }
    }
    return { shape: shape.length === 2 ? [rows, width] : [rows], data: out };
  }

  private check(name: WeightName, file: string, shape: readonly number[]): void {
    const { config } = this;
    const attention = config.heads * config.dHead;
    const kv = config.kvHeads * config.dHead;
    const sizes: Record<LayerWeight, readonly number[]> = {
      norm1: [config.dModel],
      norm2: [config.dModel],
      postNorm1: [config.dModel],
      postNorm2: [config.dModel],
      queryNorm: [config.dHead],
      keyNorm: [config.dHead],
      queries: [attention, config.dModel],
      keys: [kv, config.dModel],
      values: [kv, config.dModel],
      attentionOut: [config.dModel, attention],
      gate: [config.dMlp, config.dModel],
      up: [config.dMlp, config.dModel],
      down: [config.dModel, config.dMlp],
    };
    const full = sizes[name.replace(/\.bias$/, "") as LayerWeight];
    const expected = name.endsWith(".bias") ? full.slice(0, 1) : full;
    if (expected.join() !== shape.join()) {
      throw new Problem(`the tensor ${file} is [${shape.join(", ")}], config.json asks for [${expected.join(", ")}]`, {
        advice: "checking that config.json and the weights belong to the same model",
      });
    }
  }
}

function transposed(shape: readonly number[], data: Float32Array<ArrayBuffer>) {
  const [rows, columns] = [shape[0]!, shape[1]!];
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  return { shape: [columns, rows], data: out };
}

/** NaN or infinity anywhere makes the sum so; one pass without branches, in four sums that don't wait for each other. */
function assertFinite(name: string, data: Float32Array): void {
  const fours = data.length & ~3;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < fours; i += 4) {
    a += data[i]! * 0;
    b += data[i + 1]! * 0;
    c += data[i + 2]! * 0;
    d += data[i + 3]! * 0;
  }
  for (let i = fours; i < data.length; i++) a += data[i]! * 0;
  const sum = a + b + c + d;
  if (sum === 0) return;
  const at = data.findIndex(v => !Number.isFinite(v));
  throw new Problem(`the tensor ${name} holds ${data[at]} at place ${at}`, {
    advice: "fetching the weights again, or another copy of them",
  });
}
