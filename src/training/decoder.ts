/**
 * The whole decoder as one expression: ids to normed residuals and logits, many documents a row.
 *
 * The blocks are those of `models/blocks/`, unchanged; their weights are called `layers.3.queries` here, and the three
 * that stand outside the layers `embedding`, `finalNorm` and `unembedding`. Knows no loss and no numbers.
 */
import { type Expr, input, intInput, weight } from "../core/expr.ts";
import { add } from "../core/ops/add.ts";
import { embed } from "../core/ops/embed.ts";
import { linear } from "../core/ops/linear.ts";
import { mul } from "../core/ops/mul.ts";
import { scale } from "../core/ops/scale.ts";
import { renameWeights } from "../core/readings/rename.ts";
import { substitute } from "../core/readings/substitute.ts";
import { attention } from "../models/blocks/attention.ts";
import type { BlockContext } from "../models/blocks/context.ts";
import { read, write } from "../models/blocks/mlp.ts";
import { norm } from "../models/blocks/norm.ts";
import type { ModelConfig } from "../models/config.ts";

/** The name of a layer's weight in a whole-decoder program. */
export const layerWeight = (layer: number, name: string): string => `layers.${layer}.${name}`;

export interface Decoder {
  /** After the last layer and its norm [batch, token, dModel]. */
  readonly normed: Expr;
  /** [batch, token, vocabulary] */
  readonly logits: Expr;
  /** By layer, what a stand-in writes minus what the MLP would write for the same input [batch, token, dModel]. */
  readonly changes: readonly Expr[];
  /** By layer, the residual stream after it [batch, token, dModel], before `between` changes it. */
  readonly residuals: readonly Expr[];
  /** By layer, its MLP's units [batch, token, dMlp]. */
  readonly units: readonly Expr[];
}

/** What is written in an MLP's place, from what the MLP reads after its norm. Asked for each layer, upwards. */
export type StandIn = (layer: number, read: Expr) => Expr;

/** What the layers above read instead of the residual stream after a layer. Asked for each layer, upwards. */
export type Between = (layer: number, residual: Expr) => Expr;

/**
 * Inputs: `ids` [batch, token]; `mask` [batch, 1, 1, token, token], added to scores; `cos`, `sin`
 * [batch, 1, token, dims / 2], each token's own, since positions restart at each document.
 * For families without biases, learned positions or layers that differ in their rotary base.
 * @param standIn takes the place of every MLP where the input `replaced` [batch, token, 1] is 1
 */
export function decoder(config: ModelConfig, standIn?: StandIn, between?: Between): Decoder {
  const half = config.layers[0]!.rotary!.dims / 2;
  const given = {
    mask: input("mask", ["batch", 1, 1, "token", "token"]),
    cos: input("cos", ["batch", 1, "token", half]),
    sin: input("sin", ["batch", 1, "token", half]),
  };
  const embedding = weight("embedding", [config.vocabulary, config.dModel]);
  let x = scale(embed(embedding, intInput("ids", ["batch", "token"])), config.embeddingScale);
  const changes: Expr[] = [];
  const residuals: Expr[] = [];
  const units: Expr[] = [];
  const has = (name: string) => !name.endsWith(".bias");
  config.layers.forEach((layer, i) => {
    const context: BlockContext = { config, layer, has };
    const below = input("below", ["batch", "token", config.dModel]);
    const { mid } = attention(context, { x: below, ...given });
    const seen = config.parallel ? below : mid;
    const hidden = read(context, seen);
    const block = {
      out: write(context, mid, hidden),
      hidden,
      ...(standIn ? { mid, read: norm(context, seen, "norm2", config.dModel) } : {}),
    };
    const named = substitute(
      renameWeights(block, name => layerWeight(i, name)),
      { below: x },
    );
    x = named.out!;
    if (standIn) {
      const change = add(add(named.mid!, standIn(i, named.read!)), scale(x, -1));
      changes.push(change);
      x = add(x, mul(input("replaced", ["batch", "token", 1]), change));
    }
    residuals.push(x);
    units.push(named.hidden!);
    if (between) x = between(i, x);
  });
  const normed = norm({ config, layer: config.layers[0]!, has }, x, "finalNorm", config.dModel);
  const logits = linear(normed, config.tied ? embedding : weight("unembedding", [config.vocabulary, config.dModel]));
  return { normed, logits, changes, residuals, units };
}
