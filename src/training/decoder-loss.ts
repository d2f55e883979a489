/** The decoder's loss, and its pull on every weight, as one program. */
import { input, intInput, type Outputs } from "../core/expr.ts";
import { crossEntropy } from "../core/ops/cross-entropy.ts";
import { mul } from "../core/ops/mul.ts";
import { sumTo } from "../core/ops/sum-to.ts";
import { training } from "../core/readings/train.ts";
import type { ModelConfig } from "../models/config.ts";
import { decoder } from "./decoder.ts";

/**
 * `loss`: Σ lossWeight · −log p(target), with `targets` [batch, token] and `lossWeight` [batch, token, 1] beside the
 * decoder's inputs. Weights that add up to 1 make it a mean; where a weight is 0 the target may be any token.
 */
export function decoderLoss(config: ModelConfig): Outputs {
  const surprise = crossEntropy(decoder(config).logits, intInput("targets", ["batch", "token"]));
  return { loss: sumTo(mul(surprise, input("lossWeight", ["batch", "token", 1])), []) };
}

/** `loss` and `gradient.<weight>`, with the weights as inputs. */
export const decoderTraining = (config: ModelConfig): Outputs => training(decoderLoss(config));
