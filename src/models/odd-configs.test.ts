/**
 * Configurations that people write and the goldens do not have: settings left out, older and newer style, odd heads.
 * What the original computes for them lies in test/fixtures/models, with the script that made it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { folderModel } from "../../test/golden/tiny.ts";
import type { Weights } from "../formats/weights.ts";
import { modelConfig } from "./config.ts";
import { forward } from "./forward.ts";
import { generate } from "./generate.ts";
import { WeightReader } from "./layer-weights.ts";

const root = resolve(import.meta.dirname, "../../test/fixtures/models");
const names = readdirSync(root, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name);
const fixture = (name: string, changes?: Record<string, unknown>) =>
  folderModel(join(root, name), name, undefined, changes);

const llama = { model_type: "llama", vocab_size: 5, hidden_size: 4, num_attention_heads: 1, num_hidden_layers: 1 };

interface Golden {
  readonly ids: number[];
  /** [position][vocabulary] */
  readonly logits: number[][];
  /** The 8 most probable tokens that follow, one after the other. */
  readonly generated: number[];
}

function worst(mine: ArrayLike<number>, theirs: readonly number[]): number {
  expect(mine.length).toBe(theirs.length);
  const top = Math.max(...theirs.map(Math.abs));
  return Math.max(...theirs.map((v, i) => Math.abs(v - mine[i]!))) / top;
}

describe.each(names)("%s", name => {
  const golden: Golden = JSON.parse(readFileSync(join(root, name, "golden.json"), "utf8"));

  test("logits at every position and the text that follows are the original's", async () => {
    const model = await fixture(name);
    const logits = await model.logits(await forward(model, [golden.ids]));
    expect(worst(logits, golden.logits.flat())).toBeLessThan(2e-5);
    expect(await generate(model, golden.ids, { tokens: 8 })).toEqual(golden.generated);
    await model.release();
  });
});

test("a long prompt worked on in pieces turns as the whole prompt does", async () => {
  const scaling = JSON.parse(readFileSync(join(root, "llama-longrope", "config.json"), "utf8")).rope_parameters;
  const model = await fixture("llama-longrope", {
    max_position_embeddings: 2048,
    rope_parameters: { ...scaling, original_max_position_embeddings: 1026 },
  });
  const ids = Array.from({ length: 1030 }, (_, i) => (i * i) % 29);
  const pieces = await forward(model, [ids]);
  // Watched runs go through in one piece.
  const whole = await forward(model, [ids], { stages: {} });
  expect(worst(pieces.slice(0, 240), Array.from(whole.subarray(0, 240)))).toBeLessThan(1e-5);
  await model.release();
});

test.each([
  ["language_model.model.", "language_model.lm_head.weight"],
  ["model.language_model.", "lm_head.weight"],
  ["model.", "lm_head.weight"],
  ["", "lm_head.weight"],
])("weights are found where their names begin with %j", (stem, head) => {
  const config = modelConfig(llama);
  const info = { shape: [5, 4] };
  const held = ["embed_tokens.weight", "layers.0.mlp.up_proj.weight"].map(name => [stem + name, info] as const);
  const others = [["vision_tower.embeddings.weight", info] as const, [head, info] as const];
  const weights = { tensors: new Map([...others, ...held]) } as unknown as Weights;
  const reader = new WeightReader(weights, config);
  expect(reader.has("up", 0)).toBe(true);
  expect(reader.has("gate", 0)).toBe(false);
  expect(reader.hasTensor("lm_head.weight")).toBe(true);
  expect(reader.shapeOf("model.embed_tokens.weight")).toEqual([5, 4]);
});

test("a window and caps that the family's code does not know are left alone", () => {
  const given = { ...llama, sliding_window: 3, layer_types: ["sliding_attention"], final_logit_softcapping: 2 };
  const config = modelConfig(given);
  expect(config.layers[0]!.window).toBeUndefined();
  expect(config.logitCap).toBeUndefined();
  expect(modelConfig({ ...given, model_type: "mistral" }).layers[0]!.window).toBe(3);
});

test.each([
  [{ model_type: "mixtral" }, 'of model type "mixtral"'],
  [{ hidden_act: "snake" }, 'the activation "snake" is not known'],
  [{ head_dim: 9 }, "a head has 9 features"],
  [{ rope_scaling: { type: "magic" } }, 'rotary scaling "magic"'],
  [{ quantization_config: { quant_method: "gptq" } }, "quantised with gptq"],
  [{ use_bidirectional_attention: true }, "both directions"],
  [{ model_type: "mistral", sliding_window: 4, layer_types: ["chunked_attention"] }, '"chunked_attention"'],
  [{ model_type: "mistral", sliding_window: 4, layer_types: [] }, "0 layer_types for 1 layers"],
])("%j is refused in words", (changes, words) => {
  expect(() => modelConfig({ ...llama, ...changes })).toThrow(words);
});
