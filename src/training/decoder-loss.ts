/** The decoder's loss, and its pull on every weight, as one program. */
import { type Expr, input, intInput, type Outputs, weight } from "../core/expr.ts";
import { add } from "../core/ops/add.ts";
import { crossEntropy } from "../core/ops/cross-entropy.ts";
import { linear } from "../core/ops/linear.ts";
import { mul } from "../core/ops/mul.ts";
import { sumTo } from "../core/ops/sum-to.ts";
import { training } from "../core/readings/train.ts";
import type { ModelConfig } from "../models/config.ts";
import { decoder } from "./decoder.ts";

/** A training aid: one linear head names concepts where words were read, and where an answer is about to be said. */
export interface ConceptAid {
  /** How many concepts there are. */
  readonly count: number;
  /** What a concept counts beside a token. */
  readonly weight: number;
  /** The layers after which the residual stream is read for each. */
  readonly readAfter: number;
  readonly saidAfter: number;
}

/** The weight of its head, which is of no use after training. */
export const conceptHead = "concepts";

/**
 * `loss`: Σ lossWeight · −log p(target), with `targets` [batch, token] and `lossWeight` [batch, token, 1] beside the
 * decoder's inputs. Weights that add up to 1 make it a mean; where a weight is 0 the target may be any token.
 * With an aid the same of `read` and `said`, two inputs of concepts with their weights `readWeight` and `saidWeight`.
 */
export function decoderLoss(config: ModelConfig, aid?: ConceptAid): Outputs {
  const { logits, residuals } = decoder(config);
  const surprise = (guesses: Expr, name: string, weights: string): Expr => {
    const each = crossEntropy(guesses, intInput(name, ["batch", "token"]));
    return sumTo(mul(each, input(weights, ["batch", "token", 1])), []);
  };
  const loss = surprise(logits, "targets", "lossWeight");
  if (!aid) return { loss };
  const head = weight(conceptHead, [aid.count, config.dModel]);
  const named = (layer: number, name: string) => surprise(linear(residuals[layer]!, head), name, `${name}Weight`);
  return { loss: add(loss, add(named(aid.readAfter, "read"), named(aid.saidAfter, "said"))) };
}

/** `loss` and `gradient.<weight>`, with the weights as inputs. */
export const decoderTraining = (config: ModelConfig, aid?: ConceptAid): Outputs => training(decoderLoss(config, aid));
