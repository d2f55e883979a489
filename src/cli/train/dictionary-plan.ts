/** What `lucida train dictionary` was asked for, as a plan. Every mistake in words, before anything long begins. */
import type { ModelConfig } from "../../models/config.ts";
import type { Plan, PlanActivation } from "../../training/dictionary/plan.ts";
import { WrongCommand } from "../verb.ts";

export interface PlanOptions {
  readonly kind?: string;
  readonly layers?: string;
  readonly features?: number;
  readonly active?: number;
  readonly activation?: string;
  readonly skip: boolean;
}

const kinds = ["transcoders", "cross-layer", "autoencoders"] as const;

/** Throws a WrongCommand for kinds, layers and numbers that make no sense for this model. */
export function planFor(options: PlanOptions, config: ModelConfig): Plan {
  const kind = kinds.find(name => name === (options.kind ?? "transcoders"));
  if (!kind) throw new WrongCommand(`there is no kind "${options.kind}"`, { advice: `one of ${kinds.join(", ")}` });
  const { dModel } = config;
  const layers = layersOf(options.layers ?? "all", config.layers.length);
  if (kind === "cross-layer" && layers.length < config.layers.length) {
    throw new WrongCommand(
      `${layers.length} of ${config.layers.length} layers, and a cross-layer dictionary writes to all`,
      {
        advice: "--layers all, or --kind transcoders",
      },
    );
  }
  const features = options.features ?? 8 * dModel;
  const k = options.active ?? Math.min(32, features);
  if (k > features) {
    throw new WrongCommand(`${k} of ${features} features are to be active`, {
      advice: "--active of less than --features",
    });
  }
  const common = { kind, layers, dModel, features };
  if (kind === "autoencoders") {
    const activation = activationOf(options.activation, k, true);
    return { ...common, activation, skip: false, reads: "residual.out", writes: "residual.out" };
  }
  // Where layers are missing the files are SAELens', whose top-k keeps nothing negative.
  const activation = activationOf(options.activation, k, layers.length < config.layers.length);
  return { ...common, activation, skip: options.skip, reads: "mlp.in", writes: "mlp.out" };
}

function activationOf(name = "topk", k: number, rectified: boolean): PlanActivation {
  if (name === "topk") return { kind: "topk", k, rectified };
  // Bandwidth and weight: measured on the specimen, docs/log.md.
  if (name === "jumprelu") return { kind: "jumprelu", k, bandwidth: 0.5, weight: 0.1 };
  throw new WrongCommand(`there is no activation "${name}"`, { advice: "topk or jumprelu" });
}

/** "all", "3,10", "0-5": ascending, each once. */
export function layersOf(text: string, count: number): number[] {
  if (text === "all") return Array.from({ length: count }, (_, i) => i);
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    const [from, to] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [1, 0];
    if (from > to) throw new WrongCommand(`"${text}" names no layers`, { advice: "--layers all, 3,10 or 0-5" });
    if (to >= count)
      throw new WrongCommand(`there is no layer ${to}: the model's are 0 to ${count - 1}`, { advice: "--layers all" });
    for (let layer = from; layer <= to; layer++) found.add(layer);
  }
  return [...found].sort((a, b) => a - b);
}

/** "4M", "500k", "123456". */
export function tokensOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text);
  const tokens = match ? Math.round(Number(match[1]) * { "": 1, k: 1e3, M: 1e6 }[match[2] as "" | "k" | "M"]) : 0;
  if (tokens < 1) throw new WrongCommand(`"${text}" is no number of tokens`, { advice: "--tokens 4M, 500k or 123456" });
  return tokens;
}
