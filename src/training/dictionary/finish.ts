/**
 * The finish: the dictionary stands in the place of every MLP at once, and all layers learn together.
 *
 * Trained layer by layer, a dictionary has only seen what the model's own MLPs leave behind; put in their place, small
 * errors below change what is read above, and rare facts are lost first. Here each layer is pulled towards what the MLP
 * would have written for the same changed input, and all together towards the model's own distribution of the next
 * token (a short end-to-end phase after a local one: Karvonen 2025, arXiv 2503.17272).
 *
 * In every other row the errors of another text may stand beside the features: that is how a chart is tested (what is not
 * charted stays the contrast's, errors too), and what tells two texts apart then has to be in the features. The errors are
 * the dictionary's own and learn with it: taken as given they teach the features to outshout them, and whatever is written
 * too large is another text's larger error (docs/how-it-works/training-dictionaries.md).
 */
import { type Expr, input, type Outputs } from "../../core/expr.ts";
import { add } from "../../core/ops/add.ts";
import { logSoftmax } from "../../core/ops/log-softmax.ts";
import { mul } from "../../core/ops/mul.ts";
import { scale } from "../../core/ops/scale.ts";
import { softmax } from "../../core/ops/softmax.ts";
import { sumTo } from "../../core/ops/sum-to.ts";
import { weightsAsInputs } from "../../core/readings/train.ts";
import { float32, type Tensor, tensor } from "../../core/tensor.ts";
import type { Device, Program } from "../../devices/device.ts";
import type { ModelConfig } from "../../models/config.ts";
import { type Batch, type Sequence, sequenceBatches } from "../corpus/pack.ts";
import { decoder, type StandIn } from "../decoder.ts";
import { Learner } from "../learner.ts";
import { rateAt, type Schedule } from "../optimiser/schedule.ts";
import { decoderInputs } from "../step-inputs.ts";
import type { DictionaryTrainer } from "./dictionary-trainer.ts";
import { standInOf } from "./in-place.ts";
import { normalisationInputs } from "./normalisation.ts";
import { type Plan, parametersOf } from "./plan.ts";
import { normal } from "./transcode.ts";

/** Tokens of a step: rows × length. */
export const finishBatch = { rows: 16, length: 128 } as const;

export interface FinishStep {
  readonly step: number;
  readonly steps: number;
  /** Nats a token between the model's distribution and that with the dictionary in place (Kullback-Leibler). */
  readonly divergence: number;
  /** Share of the variance not rebuilt for the inputs that the dictionary itself brings about, a mean over layers. */
  readonly unexplained: number;
}

/** Constant for a third, then down to 3 % in a straight line. */
const finishSchedule = (steps: number, rate: number): Schedule => ({
  rate,
  steps,
  warmUp: Math.min(20, steps),
  constant: 0.3,
  last: 0.03,
});

/** What layer `layer` writes, in the model's own numbers, from what its MLP reads. */
function inNumbers(inner: StandIn, layer: number, read: Expr, dModel: number): Expr {
  const wrote = inner(layer, normal(read, "read", `.${layer}`));
  return add(mul(wrote, input(`writeScale.${layer}`, [1])), input(`writeMean.${layer}`, [dModel]));
}

/**
 * `loss` = `rebuild` × `local` + `pull`. `aim` [batch, token, vocabulary] is the model's own distribution, `predicted` [batch, token, 1]
 * the weight of each token in the pull (they add up to 1), `rebuilt` [batch, token, 1] its weight in the local part.
 * With the errors of others, what their MLPs read and write stands in `othersRead.3` and `othersWrote.3` [batch, token,
 * dModel], and how many times their errors are added to a row in `errors` [batch, 1, 1].
 */
export function finishLoss(config: ModelConfig, plan: Plan, withErrors: boolean, rebuild: number): Outputs {
  const { dModel, layers } = plan;
  const inner = standInOf(plan);
  const theirs = standInOf(plan);
  const errors: Expr[] = [];
  const { logits, changes } = decoder(config, (layer, read) => {
    const own = inNumbers(inner, layer, read, dModel);
    if (!withErrors) return own;
    const others = (side: string) => input(`others${side}.${layer}`, ["batch", "token", dModel]);
    const left = add(others("Wrote"), scale(inNumbers(theirs, layer, others("Read"), dModel), -1));
    errors[layer] = mul(left, input("errors", ["batch", 1, 1]));
    return add(own, errors[layer]);
  });
  let local: Expr | undefined;
  changes.forEach((change, layer) => {
    const own = withErrors ? add(change, scale(errors[layer]!, -1)) : change;
    const off = mul(own, input(`writePerScale.${layer}`, [1]));
    const share = scale(sumTo(mul(mul(off, off), input("rebuilt", ["batch", "token", 1])), []), 1 / layers.length);
    local = local ? add(local, share) : share;
  });
  const aim = mul(input("aim", ["batch", "token", config.vocabulary]), input("predicted", ["batch", "token", 1]));
  const pull = scale(sumTo(mul(logSoftmax(logits), aim), []), -1);
  return { loss: add(scale(local!, rebuild), pull), local: local!, pull };
}

/**
 * The model's own distribution of the next token [batch, token, vocabulary], its mean entropy, and by layer what its MLPs
 * read, `read.3`, and write, `wrote.3` [batch, token, dModel].
 */
export function aimOf(config: ModelConfig): Outputs {
  const outputs: Record<string, Expr> = {};
  // Where nothing is replaced a stand-in that writes nothing changes nothing, and its change is what the MLP writes.
  const { logits, changes } = decoder(config, (layer, read) => {
    outputs[`read.${layer}`] = read;
    return scale(read, 0);
  });
  changes.forEach((change, layer) => {
    outputs[`wrote.${layer}`] = scale(change, -1);
  });
  const entropy = scale(
    sumTo(mul(mul(softmax(logits), logSoftmax(logits)), input("predicted", ["batch", "token", 1])), []),
    -1,
  );
  return weightsAsInputs({ aim: softmax(logits), entropy, ...outputs });
}

/** What the text of the next row reads and writes, for every row (the last one's next is the first), and errors for every other. */
export function ofOthers(seen: Readonly<Record<string, Tensor>>, rows: number, times: number): Record<string, Tensor> {
  const inputs: Record<string, Tensor> = {
    errors: tensor(
      [rows, 1, 1],
      Float32Array.from({ length: rows }, (_, row) => (row % 2 ? 0 : times)),
    ),
  };
  for (const [name, one] of Object.entries(seen)) {
    const from = float32(one);
    const size = from.length / rows;
    const turned = new Float32Array(from.length);
    turned.set(from.subarray(size));
    turned.set(from.subarray(0, size), from.length - size);
    inputs[name.replace(/^(\w)/, (_, first: string) => `others${first.toUpperCase()}`)] = tensor(one.shape, turned);
  }
  return inputs;
}

export interface FinishOptions {
  /** The model's weights, as `decoderWeights` gives them. */
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly sequences: Iterable<Sequence>;
  readonly steps: number;
  /** The highest learning rate; half of a dictionary's usual one when left out. */
  readonly rate?: number;
  /** How many times as large another text's errors stand beside the features, in every other row; 0, none, when left out. */
  readonly errors?: number;
  /** What writing as the MLPs do (the share of the variance not rebuilt) counts beside the next token's nats; 1 when left out. */
  readonly rebuild?: number;
  readonly signal?: AbortSignal;
  readonly report?: (step: FinishStep) => void;
}

/**
 * Changes the trainer's weights in place. The plan must have all layers of a model that `decoder` can express.
 * Interrupted it throws, and the weights are between before and after: who wants to go on begins the finish anew.
 */
export async function finish(
  device: Device,
  config: ModelConfig,
  trainer: DictionaryTrainer,
  { weights, sequences, steps, rate = 5e-4, errors: times = 0, rebuild = 1, signal, report }: FinishOptions,
): Promise<void> {
  const { plan, normalisation } = trainer;
  const own = new Set(parametersOf(plan, plan.layers).map(p => p.name));
  const sizes = { batch: finishBatch.rows, token: finishBatch.length };
  const teacher: Program = await device.compile(aimOf(config), {}, sizes);
  const learner = await Learner.create(
    device,
    weightsAsInputs(finishLoss(config, plan, times !== 0, rebuild), name => !own.has(name)),
    parametersOf(plan, plan.layers),
    trainer.values(),
    sizes,
  );
  const constants = {
    ...weights,
    ...normalisationInputs(normalisation, plan.layers, plan.dModel),
    ...turnedBack(trainer),
  };
  const schedule = finishSchedule(steps, rate);
  const source = sequenceBatches(sequences, finishBatch);
  // What the MLPs read and write is of use for another text's errors alone.
  const wanted = times === 0 ? ["aim", "entropy"] : undefined;
  const nowhere = tensor(
    [finishBatch.rows, finishBatch.length, 1],
    new Float32Array(finishBatch.rows * finishBatch.length),
  );
  try {
    while (learner.step < steps) {
      signal?.throwIfAborted();
      const given = { ...constants, ...finishInputs(config, source.next().value as Batch, plan.dModel) };
      const { aim, entropy, ...seen } = await teacher.run({ ...given, replaced: nowhere }, wanted);
      const errors = times === 0 ? {} : ofOthers(seen as Record<string, Tensor>, finishBatch.rows, times);
      let local = 0;
      let pull = 0;
      await learner.learn(
        { ...given, ...errors, aim: aim! },
        { rate: rateAt(schedule, learner.step), decay: 0, clip: 1 },
        out => {
          local = float32(out.local)[0]!;
          pull = float32(out.pull)[0]!;
        },
      );
      trainer.keepThresholds();
      report?.({ step: learner.step, steps, divergence: pull - float32(entropy)[0]!, unexplained: local });
    }
  } finally {
    await teacher.release();
    await learner.release();
  }
}

/** What takes normalised writing back to the model's own. */
export function turnedBack({ plan: { layers, dModel }, normalisation }: DictionaryTrainer): Record<string, Tensor> {
  const inputs: Record<string, Tensor> = {};
  layers.forEach((layer, i) => {
    const { mean, scale } = normalisation.write[i]!;
    inputs[`writeMean.${layer}`] = tensor([dModel], mean);
    inputs[`writeScale.${layer}`] = tensor([1], Float32Array.of(scale));
  });
  return inputs;
}

/** First positions stay the model's own, as everywhere: dictionaries are silent there. */
export function finishInputs(config: ModelConfig, batch: Batch, dModel: number): Record<string, Tensor> {
  const { rows, length, positions, targets } = batch;
  const inText = Float32Array.from(positions, p => (p > 0 ? 1 : 0));
  const count = inText.reduce((a, b) => a + b, 0);
  const shape = [rows, length, 1];
  return {
    ...decoderInputs(config, batch),
    replaced: tensor(shape, inText),
    rebuilt: tensor(
      shape,
      inText.map(one => one / (count * dModel)),
    ),
    predicted: tensor(
      shape,
      Float32Array.from(targets, t => (t < 0 ? 0 : 1 / batch.tokens)),
    ),
  };
}
