/** What people see while a dictionary learns: a line that moves, and now and then a table that stays. */
import type { Model } from "../../models/model.ts";
import { type ActivationRows, firstRows } from "../../training/dictionary/activation-rows.ts";
import type { Calibration } from "../../training/dictionary/calibrate.ts";
import type { DictionaryStep, DictionaryTrainer } from "../../training/dictionary/dictionary-trainer.ts";
import type { FinishStep } from "../../training/dictionary/finish.ts";
import { harvest } from "../../training/dictionary/harvest.ts";
import { crossEntropy, type LayerQuality, qualityOf } from "../../training/dictionary/measure.ts";
import { type NeuronBaseline, neuronBaseline } from "../../training/dictionary/neuron-baseline.ts";
import { operationsOf } from "../../training/dictionary/plan.ts";
import { Replacement } from "../../training/dictionary/replacement.ts";
import type { Sequences } from "../../training/dictionary/sequences.ts";
import { matmulPeak } from "../bench/peak.ts";
import { duration, type Phase } from "../output.ts";
import type { Context } from "../verb.ts";

interface Look {
  readonly step: number;
  readonly tokens: number;
  readonly seconds: number;
  /** Of the learning steps alone, and with everything. */
  readonly tokensPerSecond: { readonly learning: number; readonly all: number };
  readonly layers: readonly (LayerQuality & { readonly silent: number })[];
  /** Nats a token with the dictionary in place. */
  readonly crossEntropy: number;
}

interface Base {
  readonly original: number;
  readonly meanAblated: number;
  /** GFLOP/s of this machine's matrix products, just before. */
  readonly peak: number;
  /** As many of the model's own neurons a token. */
  readonly neurons: readonly NeuronBaseline[] | undefined;
}

export class DictionaryLive {
  private readonly context: Context;
  private readonly model: Model;
  private readonly trainer: DictionaryTrainer;
  private readonly rows: ActivationRows;
  private readonly texts: readonly (readonly number[])[];
  private readonly base: Base;
  private readonly history: Look[] = [];
  private phase: Phase;
  private readonly began = performance.now();
  private readonly firstStep: number;
  private leftOutTokens = 0;
  private readonly finish: { divergence: number; unexplained: number }[] = [];
  private stepBegan = 0;
  /** Milliseconds of learning steps alone. */
  private learnt = 0;

  private constructor(
    context: Context,
    model: Model,
    trainer: DictionaryTrainer,
    rows: ActivationRows,
    texts: readonly (readonly number[])[],
    base: Base,
  ) {
    this.context = context;
    this.model = model;
    this.trainer = trainer;
    this.rows = rows;
    this.texts = texts;
    this.base = base;
    this.firstStep = trainer.step;
    this.phase = context.progress.start("training", { total: this.steps, unit: "steps" });
  }

  /** Measures the model as it is, on text that the dictionary does not learn from. */
  static async begin(
    context: Context,
    model: Model,
    trainer: DictionaryTrainer,
    sequences: Sequences,
    { limits, normalisation }: Calibration,
    sizes: { rebuiltTokens: number; predictedTokens: number },
  ): Promise<DictionaryLive> {
    const phase = context.progress.start("measuring the model");
    const { plan } = trainer;
    const source = harvest(model, plan, sequences.heldOut(), { limits, signal: context.signal });
    const rows = await firstRows(source, sizes.rebuiltTokens, plan.dModel);
    const texts: (readonly number[])[] = [];
    let tokens = 0;
    for (const ids of sequences.heldOut()) {
      texts.push(ids);
      tokens += ids.length;
      if (tokens >= sizes.predictedTokens) break;
    }
    const replacement = await Replacement.create(model.device, plan, trainer.folded());
    const original = await crossEntropy(model, texts);
    const means = normalisation.write.map(side => side.mean);
    const meanAblated = await crossEntropy(model, texts, { replacement, means });
    await replacement.release();
    const peak = await matmulPeak(model.device, 0.5);
    const neurons = await neuronBaseline(model, plan, sequences.heldOut(), sizes.predictedTokens, { limits });
    phase.end();
    return new DictionaryLive(context, model, trainer, rows, texts, { original, meanAblated, peak, neurons });
  }

  private get steps(): number {
    return this.trainer.settings.schedule.steps;
  }

  filling(piece: number, of: number): void {
    if (piece === 0) {
      this.phase.end();
      this.phase = this.context.progress.start("running the model", { total: of, unit: "pieces" });
    }
    this.phase.update(piece);
    if (piece < of) return;
    this.phase.end();
    this.phase = this.context.progress.start("training", { total: this.steps, unit: "steps" });
  }

  leftOut(tokens: number): void {
    this.leftOutTokens += tokens;
  }

  learning(): void {
    this.stepBegan = performance.now();
  }

  step(step: DictionaryStep): void {
    this.learnt += performance.now() - this.stepBegan;
    this.phase.update(step.step, this.steps);
  }

  finishing({ step, steps, divergence, unexplained }: FinishStep): void {
    if (step === 1) {
      this.phase.end();
      this.phase = this.context.progress.start("all layers together", { total: steps, unit: "steps" });
    }
    this.phase.update(step, steps);
    this.finish.push({ divergence, unexplained });
    if (step === steps || step % Math.ceil(steps / 6) === 0) {
      const recent = this.finish.slice(-Math.ceil(steps / 12));
      const mean = (of: (one: { divergence: number; unexplained: number }) => number) =>
        recent.reduce((sum, one) => sum + of(one), 0) / recent.length;
      this.context.out(
        `${this.context.color.bold(`finish ${step}`)} of ${steps}  ${mean(one => one.divergence).toFixed(3)} nats from the model, ` +
          `${(100 * mean(one => one.unexplained)).toFixed(1)} % of the variance not rebuilt in place`,
      );
    }
  }

  async look(): Promise<void> {
    const { context, trainer } = this;
    this.phase.end();
    const seconds = (performance.now() - this.began) / 1000;
    const done = (trainer.step - this.firstStep) * trainer.settings.rows;
    const replacement = await Replacement.create(this.model.device, trainer.plan, trainer.folded());
    const quality = await qualityOf(replacement, this.rows);
    const replaced = await crossEntropy(this.model, this.texts, { replacement });
    await replacement.release();
    const look: Look = {
      step: trainer.step,
      tokens: trainer.step * trainer.settings.rows,
      seconds: Math.round(seconds),
      tokensPerSecond: {
        // One that went on from a saved one has learnt nothing layer by layer.
        learning: done === 0 ? 0 : Math.round((done * 1000) / this.learnt),
        all: Math.round(done / seconds),
      },
      layers: quality.map(one => ({ ...one, silent: trainer.silentIn(one.layer) })),
      crossEntropy: replaced,
    };
    this.history.push(look);
    const { color } = context;
    const ahead = this.steps - trainer.step;
    const left = (ahead * trainer.settings.rows) / look.tokensPerSecond.all;
    const learning = `${color.bold(`step ${trainer.step}`)} of ${this.steps}  ${look.tokensPerSecond.all.toLocaleString("en")} tokens/s  ${ahead > 0 ? `${duration(left)} left` : "done"}`;
    context.out(
      `${done > 0 ? learning : color.bold("all layers together")}  ` +
        `next token ${replaced.toFixed(3)} nats in place, ${this.base.original.toFixed(3)} of the model, ${this.base.meanAblated.toFixed(3)} with means`,
    );
    for (const [i, { layer, explained, active, silent }] of look.layers.entries()) {
      const share = (of: number) => `${(100 * of).toFixed(1)} %`;
      const neurons = this.base.neurons?.[i];
      context.out(
        `  layer ${String(layer).padStart(2)}  ${share(explained).padStart(7)} of the variance  ${active.toFixed(1)} active  ${share(silent / trainer.plan.features)} silent` +
          (neurons ? color.dim(`  (as many neurons: ${share(neurons.explainedOverMeans)})`) : ""),
      );
    }
    this.phase = context.progress.start("training", { total: this.steps, unit: "steps" });
  }

  end(): void {
    this.phase.end();
  }

  result() {
    const { original, meanAblated, peak, neurons } = this.base;
    const learning = this.history.at(-1)?.tokensPerSecond.learning ?? 0;
    const reached = (learning * operationsOf(this.trainer.plan)) / 1e9;
    return {
      tokens: this.trainer.step * this.trainer.settings.rows,
      fromStep: this.firstStep,
      seconds: Math.round((performance.now() - this.began) / 1000),
      leftOut: this.leftOutTokens,
      heldOutTokens: { rebuilt: this.rows.count, predicted: this.texts.reduce((sum, ids) => sum + ids.length - 1, 0) },
      gigaflops: { peak: Math.round(peak), learning: Math.round(reached), share: reached / peak },
      crossEntropy: { original, meanAblated, replaced: this.history.at(-1)?.crossEntropy },
      layers: this.history.at(-1)?.layers ?? [],
      ...(neurons ? { neurons } : {}),
      history: this.history,
    };
  }
}
