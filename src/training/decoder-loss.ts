/** The decoder's loss, and its pull on every weight, as one program. */
import { type Expr, input, intInput, type Outputs, weight } from "../core/expr.ts";
import { activation } from "../core/ops/activation.ts";
import { add } from "../core/ops/add.ts";
import { crossEntropy } from "../core/ops/cross-entropy.ts";
import { embed } from "../core/ops/embed.ts";
import { inverseRms, sumLast } from "../core/ops/inverse-rms.ts";
import { linear } from "../core/ops/linear.ts";
import { mul } from "../core/ops/mul.ts";
import { root } from "../core/ops/root.ts";
import { scale } from "../core/ops/scale.ts";
import { sumTo } from "../core/ops/sum-to.ts";
import { training } from "../core/readings/train.ts";
import type { ModelConfig } from "../models/config.ts";
import { type Between, decoder, layerWeight } from "./decoder.ts";

/** A training aid: one linear head names concepts where words and cities were read, and where an answer is about to be said. */
export interface ConceptAid {
  /** How many concepts there are. */
  readonly count: number;
  /** What a concept counts beside a token. */
  readonly weight: number;
  /** The layers after which the residual stream is read for each. */
  readonly readAfter: number;
  readonly placedAfter: number;
  readonly saidAfter: number;
  /**
   * Whether, at some words, the layers above get the concept's row of the head in the place of what was read there (after
   * `readAfter`; input `instead`): they have to answer from what the word stands for, without the word.
   */
  readonly instead?: boolean;
}

/** What is learnt beside the next token, in training only. */
export interface TrainingAids {
  readonly concepts?: ConceptAid;
  /**
   * What a layer's mean breadth (see `breadth`) counts beside a token while the learning rate is highest; it falls with
   * the rate, so that in the end the next token alone is learnt. An MLP then uses few units at a time.
   */
  readonly fewUnits?: number;
}

/** The weight of the concepts' head, which is of no use after training. */
export const conceptHead = "concepts";

/**
 * How many units a token uses, as the root of an effective number: √((Σ|aᵢ|)² / Σaᵢ²), where aᵢ is what unit i writes, its
 * activation times the length of its column of `down`. 1 for a single one, √n for n alike; no scale makes it smaller, which a
 * plain sum of |aᵢ| would let one do (the participation ratio; as a penalty: Yang et al. 2019, arXiv 1908.09979).
 * @param hidden [batch, token, dMlp]
 * @param down [dModel, dMlp]
 * @returns [batch, token, 1]
 */
export function breadth(hidden: Expr, down: Expr): Expr {
  const n = hidden.shape.at(-1) as number;
  const written = mul(hidden, root(sumTo(mul(down, down), [1, n])));
  const size = add(activation(written, "relu"), activation(scale(written, -1), "relu"));
  return scale(mul(sumLast(size), inverseRms(written, 1e-8)), 1 / Math.sqrt(n));
}

/**
 * What the layers above read where `instead` [batch, token, 1] is 1: the row of the concept that is `read` there, as long as
 * what it takes the place of.
 */
const inPlaceOfWords =
  (aid: ConceptAid, head: Expr): Between =>
  (layer, residual) => {
    if (layer !== aid.readAfter) return residual;
    const row = embed(head, intInput("read", ["batch", "token"]));
    const size = residual.shape.at(-1) as number;
    const length = mul(sumLast(mul(residual, residual)), scale(inverseRms(residual, 1e-6), 1 / size));
    // A row that is hardly learnt yet is not blown up to that length.
    const code = mul(row, mul(inverseRms(row, 1e-2), length));
    return add(residual, mul(input("instead", ["batch", "token", 1]), add(code, scale(residual, -1))));
  };

/**
 * `loss`: Σ lossWeight · −log p(target), with `targets` [batch, token] and `lossWeight` [batch, token, 1] beside the
 * decoder's inputs. Weights that add up to 1 make it a mean; where a weight is 0 the target may be any token.
 * With concepts the same of `read`, `placed` and `said`, inputs of concepts with their weights `readWeight` and so on, and
 * `instead` where that is asked for.
 * With few units also `breadth`, the mean over layers, weighed by `textWeight` [batch, token, 1]; `pull` [1] is what it counts.
 */
export function decoderLoss(config: ModelConfig, { concepts, fewUnits }: TrainingAids = {}): Outputs {
  const head = concepts && weight(conceptHead, [concepts.count, config.dModel]);
  const between = concepts?.instead ? inPlaceOfWords(concepts, head!) : undefined;
  const { logits, residuals, units } = decoder(config, undefined, between);
  const surprise = (guesses: Expr, name: string, weights: string): Expr => {
    const each = crossEntropy(guesses, intInput(name, ["batch", "token"]));
    return sumTo(mul(each, input(weights, ["batch", "token", 1])), []);
  };
  let loss = surprise(logits, "targets", "lossWeight");
  if (concepts && head) {
    const named = (layer: number, name: string) => surprise(linear(residuals[layer]!, head), name, `${name}Weight`);
    loss = add(
      loss,
      add(
        add(named(concepts.readAfter, "read"), named(concepts.placedAfter, "placed")),
        named(concepts.saidAfter, "said"),
      ),
    );
  }
  if (fewUnits === undefined) return { loss };
  const mean = units
    .map((hidden, layer) => breadth(hidden, weight(layerWeight(layer, "down"), [config.dModel, config.dMlp])))
    .reduce(add);
  const broad = scale(sumTo(mul(mean, input("textWeight", ["batch", "token", 1])), []), 1 / units.length);
  return { loss: add(loss, sumTo(mul(broad, input("pull", [1])), [])), breadth: broad };
}

/** `loss` and `gradient.<weight>`, with the weights as inputs. */
export const decoderTraining = (config: ModelConfig, aids?: TrainingAids): Outputs =>
  training(decoderLoss(config, aids));
