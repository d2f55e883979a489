/** A small random Llama as an ordinary folder, with the specimen's tokenizer: for tests that need a model to be served. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { random } from "../src/core/random.ts";

const specimen = resolve(import.meta.dirname, "../specimen");

export function tinyFolder(folder: string, { layers = 4, dModel = 48, dMlp = 96, heads = 4 } = {}): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(join(specimen, name), join(folder, name));
  const tokenizer = JSON.parse(readFileSync(join(specimen, "tokenizer.json"), "utf8"));
  const ids = [
    ...Object.values(tokenizer.model.vocab as Record<string, number>),
    ...tokenizer.added_tokens.map((t: { id: number }) => t.id),
  ];
  const vocabulary = Math.max(...ids) + 1;
  const config = {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: dModel,
    intermediate_size: dMlp,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    vocab_size: vocabulary,
    max_position_embeddings: 256,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    hidden_act: "silu",
    tie_word_embeddings: true,
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  const draw = random(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const tensors: [string, number[], () => number][] = [
    ["model.embed_tokens.weight", [vocabulary, dModel], () => normal()],
  ];
  const wide = (rows: number, columns: number): [number[], () => number] => [
    [rows, columns],
    () => (1.6 * normal()) / Math.sqrt(columns),
  ];
  for (let l = 0; l < layers; l++) {
    const at = `model.layers.${l}`;
    for (const name of ["q", "k", "v", "o"])
      tensors.push([`${at}.self_attn.${name}_proj.weight`, ...wide(dModel, dModel)]);
    for (const name of ["gate", "up"]) tensors.push([`${at}.mlp.${name}_proj.weight`, ...wide(dMlp, dModel)]);
    tensors.push([`${at}.mlp.down_proj.weight`, ...wide(dModel, dMlp)]);
    for (const name of ["input_layernorm", "post_attention_layernorm"])
      tensors.push([`${at}.${name}.weight`, [dModel], () => 1]);
  }
  tensors.push(["model.norm.weight", [dModel], () => 1]);
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [name, shape, value] of tensors) {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value);
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
    parts.push(Buffer.from(data.buffer));
  }
  const text = Buffer.from(JSON.stringify(header).padEnd(Math.ceil(JSON.stringify(header).length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(join(folder, "model.safetensors"), Buffer.concat([length, text, ...parts]));
}
