/** The decoder's loss, and its pull on every weight, as one program. */
import { input, intInput, type Outputs } from "../core/expr.ts";
import { crossEntropy } from "../core/ops/cross-entropy.ts";
import { mul } from "../core/ops/mul.ts";
import { rowsAt } from "../core/ops/rows-at.ts";
import { sumTo } from "../core/ops/sum-to.ts";
import { training } from "../core/readings/train.ts";
import type { ModelConfig } from "../models/config.ts";
import { decoder, logitsOf } from "./decoder.ts";

/**
 * `loss`: Σ lossWeight · −log p(target), with `places` [place] (of the tokens that have a loss, counted through the batch),
 * `targets` [place] and `lossWeight` [place, 1] beside the decoder's inputs. Weights that add up to 1 make it a mean.
 * Nothing is worked out over the vocabulary for tokens without a loss: in the specimen's corpus nearly half of them.
 */
export function decoderLoss(config: ModelConfig): Outputs {
  const said = rowsAt(decoder(config).normed, intInput("places", ["place"]));
  const surprise = crossEntropy(logitsOf(config, said), intInput("targets", ["place"]));
  return { loss: sumTo(mul(surprise, input("lossWeight", ["place", 1])), []) };
}

/** `loss` and `gradient.<weight>`, with the weights as inputs. */
export const decoderTraining = (config: ModelConfig): Outputs => training(decoderLoss(config));
