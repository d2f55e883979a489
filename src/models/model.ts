/**
 * A model: its config, its weights, and the programs that have been asked for so far.
 *
 * Programs are made when first needed, one layer at a time; each keeps its own packed copy of the weights it uses on
 * the device, and no float copy stays here. The embedding is read row by row from the file; only the unembedding is
 * held, once.
 */
import { input, leavesOf, type Outputs, weight } from "../core/expr.ts";
import { add } from "../core/ops/add.ts";
import { linear } from "../core/ops/linear.ts";
import { internal, Problem } from "../core/problem.ts";
import { float32, type Tensor, tensor } from "../core/tensor.ts";
import type { Device, Program } from "../devices/device.ts";
import type { Weights } from "../formats/weights.ts";
import type { BlockContext } from "./blocks/context.ts";
import { norm } from "./blocks/norm.ts";
import { type ModelConfig, modelConfig } from "./config.ts";
import { type WeightName, WeightReader } from "./layer-weights.ts";
import { type ProgramName, programs, sameProgram } from "./programs.ts";

/** Bytes of unembedding in one program: model files are protobufs, which end at 2 GB, and loading holds one piece. */
const CHUNK_BYTES = 96 * 2 ** 20;

export class Model {
  readonly name: string;
  readonly config: ModelConfig;
  readonly reader: WeightReader;
  readonly device: Device;
  private readonly made = new Map<string, Promise<Program>>();
  private unembedding:
    | Promise<{
        parts: { program: Program; start: number; end: number }[];
        /** [vocabulary] of the rows. */
        lengths: Float32Array<ArrayBuffer>;
        mean: Float32Array<ArrayBuffer>;
      }>
    | undefined;

  constructor(name: string, config: Readonly<Record<string, unknown>>, weights: Weights, device: Device) {
    this.name = name;
    this.config = modelConfig(config);
    this.reader = new WeightReader(weights, this.config);
    this.device = device;
    const rows = this.reader.shapeOf(this.config.family.weights.embedding);
    if (rows[1] !== this.config.dModel) {
      throw new Problem(
        `the embedding is [${rows.join(", ")}], but config.json says the model is ${this.config.dModel} wide`,
      );
    }
    const { unembedding } = this.config.family.weights;
    if (!this.config.tied && !this.reader.hasTensor(unembedding)) {
      throw new Problem(`there is no ${unembedding}, and config.json says that it is not the embedding`, {
        advice: "the whole model rather than its base, or tie_word_embeddings: true in config.json",
      });
    }
  }

  get layers(): number {
    return this.config.layers.length;
  }

  /** What a block of this layer needs to write itself down. */
  context(layer: number): BlockContext {
    return { config: this.config, layer: this.config.layers[layer]!, has: name => this.reader.has(name, layer) };
  }

  /** A layer's program in one of its readings, made on first use. */
  program(asked: ProgramName, layer: number): Promise<Program> {
    const context = this.context(layer);
    const name = sameProgram(asked, context);
    return this.once(`${name}.${layer}`, async () => {
      const outputs = programs[name](context);
      const weights: Record<string, Tensor> = {};
      for (const weightName of leavesOf(outputs).weights.keys()) {
        weights[weightName] = await this.weight(weightName as WeightName, layer);
      }
      return this.device.compile(outputs, weights);
    });
  }

  /** Weights that several programs of one layer are made of, while `prepare` makes them. */
  private shared: { readonly layer: number; readonly weights: Map<WeightName, Promise<Tensor>> } | undefined;

  private weight(name: WeightName, layer: number): Promise<Tensor> {
    if (this.shared?.layer !== layer) return this.reader.read(name, layer);
    let had = this.shared.weights.get(name);
    if (!had) {
      had = this.reader.read(name, layer);
      this.shared.weights.set(name, had);
    }
    return had;
  }

  /** Makes these programs of one layer, each weight read once. Programs are made when asked for without this, too. */
  async prepare(layer: number, names: readonly ProgramName[]): Promise<void> {
    this.shared = { layer, weights: new Map() };
    try {
      for (const name of names) await this.program(name, layer);
    } finally {
      this.shared = undefined;
    }
  }

  /** Gives back the memory of one program, if it was made. */
  async drop(asked: ProgramName, layer: number): Promise<void> {
    const name = sameProgram(asked, this.context(layer));
    const program = this.made.get(`${name}.${layer}`);
    this.made.delete(`${name}.${layer}`);
    await (await program)?.release();
  }

  private once(key: string, make: () => Promise<Program>): Promise<Program> {
    const had = this.made.get(key);
    if (had) return had;
    const making = make();
    this.made.set(key, making);
    making.catch(() => this.made.delete(key));
    return making;
  }

  /** Embedding rows of ids, scaled, with learned positions added: [ids, dModel]. */
  async embed(ids: readonly number[], firstPosition = 0): Promise<Float32Array<ArrayBuffer>> {
    const { tokens, positions } = await this.embedParts(ids, firstPosition);
    if (positions) for (let i = 0; i < tokens.length; i++) tokens[i]! += positions[i]!;
    return tokens;
  }

  /** The same, in its two parts. Throws a Problem for an id outside the vocabulary or a position past the table. */
  async embedParts(
    ids: readonly number[],
    firstPosition = 0,
  ): Promise<{ tokens: Float32Array<ArrayBuffer>; positions?: Float32Array<ArrayBuffer> }> {
    const { dModel, embeddingScale, family } = this.config;
    const size = this.reader.shapeOf(family.weights.embedding)[0]!;
    const tokens = new Float32Array(ids.length * dModel);
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (!(Number.isInteger(id) && id >= 0 && id < size))
        throw new Problem(`token ${id} is outside the vocabulary of ${size}`);
      tokens.set(await this.reader.rows(family.weights.embedding, id, id + 1), i * dModel);
    }
    // Gemma's code rounds the scale to the weights' own precision; in float32 it stays as it is.
    const by = Math.fround(embeddingScale);
    if (by !== 1) for (let i = 0; i < tokens.length; i++) tokens[i]! *= by;
    if (!family.weights.positions) return { tokens };
    const last = firstPosition + ids.length;
    const table = this.reader.shapeOf(family.weights.positions)[0]!;
    if (last > table)
      throw new Problem(`the prompt reaches position ${last}, the model knows ${table}`, {
        advice: "a shorter prompt",
      });
    return { tokens, positions: (await this.reader.rows(family.weights.positions, firstPosition, last)).slice() };
  }

  /** The name of the tensor that turns the residual stream into logits. */
  get unembeddingTensor(): string {
    const { weights } = this.config.family;
    // Where a file has both, the original keeps both, whatever the config says.
    return this.reader.hasTensor(weights.unembedding) ? weights.unembedding : weights.embedding;
  }

  /** After the final norm, [n, dModel] → [n, dModel]; also 1 / rms or 1 / std of each row. */
  async finalNorm(
    x: Float32Array<ArrayBuffer>,
  ): Promise<{ normed: Float32Array<ArrayBuffer>; scale: Float32Array<ArrayBuffer> }> {
    const { dModel, family } = this.config;
    const program = await this.once("finalNorm", async () => {
      const bias = family.weights.finalNorm.replace(/\.weight$/, ".bias");
      const has = (name: string) => name === "finalNorm.bias" && this.reader.hasTensor(bias);
      const context: BlockContext = { config: this.config, layer: this.config.layers[0]!, has };
      const x = input("x", ["token", dModel]);
      const normed = norm(context, x, "finalNorm", dModel);
      const scale = findTap(normed, "finalNorm.scale");
      const weights: Record<string, Tensor> = { finalNorm: await this.finalGain() };
      if (has("finalNorm.bias")) weights["finalNorm.bias"] = await this.reader.tensor(bias);
      return this.device.compile({ normed, scale }, weights);
    });
    const out = await program.run({ x: tensor([x.length / dModel, dModel], x) });
    return { normed: float32(out.normed), scale: float32(out.scale) };
  }

  /** The final norm's gain [dModel]. */
  async finalGain(): Promise<Tensor & { data: Float32Array<ArrayBuffer> }> {
    const t = await this.reader.tensor(this.config.family.weights.finalNorm);
    const data = Float32Array.from(t.data, v => v + this.config.family.gainOffset);
    return { shape: t.shape, data };
  }

  /** The final norm's bias [dModel], where it has one. */
  async finalBias(): Promise<Float32Array<ArrayBuffer> | undefined> {
    const name = this.config.family.weights.finalNorm.replace(/\.weight$/, ".bias");
    return this.reader.hasTensor(name) ? (await this.reader.tensor(name)).data : undefined;
  }

  /** Normed residuals [n, dModel] → logits [n, vocabulary], before any soft-cap. */
  async project(normed: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
    const { dModel, vocabulary } = this.config;
    const n = normed.length / dModel;
    const { parts } = await this.loadUnembedding();
    const logits = new Float32Array(n * vocabulary);
    for (const { program, start, end } of parts) {
      const { y } = await program.run({ x: tensor([n, dModel], normed) });
      const data = float32(y);
      const width = end - start;
      for (let i = 0; i < n; i++) logits.set(data.subarray(i * width, (i + 1) * width), i * vocabulary + start);
    }
    return logits;
  }

  /** Residual stream after the last layer [n, dModel] → logits [n, vocabulary], as the model gives them. */
  async logits(x: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
    const logits = await this.project((await this.finalNorm(x)).normed);
    const cap = this.config.logitCap;
    if (cap !== undefined) for (let i = 0; i < logits.length; i++) logits[i] = cap * Math.tanh(logits[i]! / cap);
    return logits;
  }

  /** Rows of the unembedding [ids, dModel], and a bias where the head has one. */
  async unembeddingRow(id: number): Promise<Float32Array<ArrayBuffer>> {
    return (await this.reader.rows(this.unembeddingTensor, id, id + 1)).slice();
  }

  /** The mean of all unembedding rows [dModel]. */
  async unembeddingMean(): Promise<Float32Array<ArrayBuffer>> {
    return (await this.loadUnembedding()).mean;
  }

  /** [token][vocabulary] cosines of these tokens' unembedding rows with all: near 1 where the model says them alike. */
  async likeness(ids: readonly number[]): Promise<Float32Array[]> {
    const { dModel, vocabulary } = this.config;
    const { lengths } = await this.loadUnembedding();
    // A row of zeros besides: what it gives is the bias, which is no part of a cosine.
    const rows = new Float32Array((ids.length + 1) * dModel);
    for (const [i, id] of ids.entries()) rows.set(await this.unembeddingRow(id), i * dModel);
    const dots = await this.project(rows);
    const bias = dots.subarray(ids.length * vocabulary);
    return ids.map((id, i) =>
      lengths.map((length, other) => {
        const size = length * lengths[id]!;
        return size > 0 ? (dots[i * vocabulary + other]! - bias[other]!) / size : 0;
      }),
    );
  }

  loadUnembedding() {
    this.unembedding ??= this.makeUnembedding();
    this.unembedding.catch(() => {
      this.unembedding = undefined;
    });
    return this.unembedding;
  }

  private async makeUnembedding() {
    const { dModel, vocabulary } = this.config;
    const name = this.unembeddingTensor;
    const biasName = name.replace(/\.weight$/, ".bias");
    const bias = this.reader.hasTensor(biasName) ? (await this.reader.tensor(biasName)).data : undefined;
    const shape = this.reader.shapeOf(name);
    if (shape[0]! < vocabulary || shape[1] !== dModel) {
      throw new Problem(
        `the unembedding ${name} is [${shape.join(", ")}], config.json asks for [${vocabulary}, ${dModel}]`,
      );
    }
    const rows = Math.max(1, Math.floor(CHUNK_BYTES / (dModel * 4)));
    const sum = new Float64Array(dModel);
    const lengths = new Float32Array(vocabulary);
    const parts: { program: Program; start: number; end: number }[] = [];
    for (let start = 0; start < vocabulary; start += rows) {
      const end = Math.min(vocabulary, start + rows);
      const data = await this.reader.rows(name, start, end);
      for (let i = 0; i < data.length; i += dModel) {
        let square = 0;
        for (let j = 0; j < dModel; j++) {
          const v = data[i + j]!;
          sum[j]! += v;
          square += v * v;
        }
        lengths[start + i / dModel] = Math.sqrt(square);
      }
      const product = linear(input("x", ["token", dModel]), weight("w", [end - start, dModel]));
      const y = bias ? add(product, weight("b", [end - start])) : product;
      const program = await this.device.compile(
        { y },
        {
          w: tensor([end - start, dModel], data),
          ...(bias ? { b: tensor([end - start], bias.slice(start, end)) } : {}),
        },
      );
      parts.push({ program, start, end });
    }
    return { parts, lengths, mean: Float32Array.from(sum, v => v / vocabulary) };
  }

  /** Gives all device memory back. */
  async release(): Promise<void> {
    const all = [...this.made.values()];
    this.made.clear();
    for (const program of all) await (await program).release();
    const unembedding = await this.unembedding;
    this.unembedding = undefined;
    for (const { program } of unembedding?.parts ?? []) await program.release();
  }
}

function findTap(e: Outputs[string], name: string): Outputs[string] {
  const stack = [e];
  while (stack.length > 0) {
    const next = stack.pop()!;
    if (next.op === "tap" && next.attrs.name === name) return next;
    stack.push(...next.args);
  }
  throw internal(`no tap is called "${name}"`);
}
