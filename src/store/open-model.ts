/**
 * A found model made ready: its weights (read on demand, the file stays open), its config, its tokenizer, and the
 * runtime that computes. The one place where the pure model meets the disk and onnxruntime.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../core/problem.ts";
import { onnxDevice, type Runtime } from "../devices/onnx/device.ts";
import { ggufConfig } from "../formats/gguf/config.ts";
import { readGgufHeader } from "../formats/gguf/header.ts";
import { ggufWeights } from "../formats/gguf/weights.ts";
import { isRecord, parseJson } from "../formats/json.ts";
import { safetensors } from "../formats/safetensors.ts";
import { shardedSafetensors } from "../formats/safetensors-sharded.ts";
import { ggufTokenizer } from "../formats/tokenizer/gguf.ts";
import { huggingFaceTokenizer } from "../formats/tokenizer/hugging-face.ts";
import type { Tokenizer } from "../formats/tokenizer/tokenizer.ts";
import type { Weights } from "../formats/weights.ts";
import { Model } from "../models/model.ts";
import { type FileBytes, openFile } from "./file-bytes.ts";
import type { FoundModel } from "./models.ts";

export interface OpenModel {
  readonly model: Model;
  /** Undefined for a folder without one: then prompts are given as ids. */
  readonly tokenizer: Tokenizer | undefined;
  /** In words: "float32", "Q4_1 (dequantised)". */
  readonly precision: string;
  /** Config ids and the tokenizer's that end an answer. */
  readonly eosIds: ReadonlySet<number>;
  close(): Promise<void>;
}

/** onnxruntime as this platform has it. */
export async function onnxRuntime(): Promise<Runtime> {
  const runtime = (await import("onnxruntime-node")) as unknown as { default?: Runtime } & Runtime;
  return runtime.default ?? runtime;
}

/** Opens without reading weights: those are read when a program first needs them. */
export async function openModel(
  found: FoundModel,
  /** `weights` may put others in their place: a study's null. */
  options: { threads?: number; weights?: (weights: Weights) => Weights } = {},
): Promise<OpenModel> {
  const files: FileBytes[] = [];
  const open = async (path: string): Promise<FileBytes> => {
    const file = await openFile(path);
    files.push(file);
    return file;
  };
  try {
    const parts = found.kind === "gguf" ? await fromGguf(found.path, open) : await fromFolder(found.path, open);
    const model = new Model(
      found.name,
      parts.config,
      options.weights?.(parts.weights) ?? parts.weights,
      onnxDevice(await onnxRuntime(), options),
    );
    return {
      model,
      tokenizer: parts.tokenizer,
      precision: parts.weights.precision,
      eosIds: new Set([...model.config.eosIds, ...(parts.tokenizer?.eosIds ?? [])]),
      async close() {
        await model.release();
        for (const file of files) await file.close();
      },
    };
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
}

interface Parts {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer | undefined;
}

async function fromGguf(path: string, open: (path: string) => Promise<FileBytes>): Promise<Parts> {
  const file = await open(path);
  const header = await readGgufHeader(file);
  return {
    config: await ggufConfig(file, header),
    weights: ggufWeights(file, header),
    tokenizer: ggufTokenizer(header),
  };
}

async function fromFolder(folder: string, open: (path: string) => Promise<FileBytes>): Promise<Parts> {
  const config = await json(folder, "config.json");
  if (!isRecord(config))
    throw new Problem(`there is no config.json in ${folder}`, {
      advice: "a folder with config.json and *.safetensors",
    });
  const index = await json(folder, "model.safetensors.index.json");
  const weights = index
    ? await shardedSafetensors(index, name => open(join(folder, name)))
    : await safetensors(await open(join(folder, "model.safetensors")));
  const tokenizer = await json(folder, "tokenizer.json");
  if (!tokenizer) return { config, weights, tokenizer: undefined };
  const settings = await json(folder, "tokenizer_config.json");
  const generation = await json(folder, "generation_config.json");
  const template = await text(join(folder, "chat_template.jinja"));
  const eos = isRecord(generation)
    ? [generation.eos_token_id].flat().filter((id): id is number => typeof id === "number")
    : [];
  return {
    config,
    weights,
    tokenizer: huggingFaceTokenizer(tokenizer, {
      name: join(folder, "tokenizer.json"),
      ...(settings === undefined ? {} : { config: settings }),
      ...(template === undefined ? {} : { chatTemplate: template }),
      ...(eos.length > 0 ? { eosIds: eos } : {}),
    }),
  };
}

async function text(path: string): Promise<string | undefined> {
  const there = await stat(path).catch(() => undefined);
  return there?.isFile() ? readFile(path, "utf8") : undefined;
}

async function json(folder: string, name: string): Promise<unknown> {
  const content = await text(join(folder, name));
  return content === undefined ? undefined : parseJson(content, name);
}

/** Does the model expect BOS before each text? Then its id. */
export function bosOf({ tokenizer }: OpenModel): number | undefined {
  const first = tokenizer?.encode("a")[0];
  return first !== undefined && first === tokenizer?.bosId ? first : undefined;
}
