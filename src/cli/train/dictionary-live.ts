/** What people see while a dictionary learns: a line that moves, and now and then a table that stays. */
import type { Model } from "../../models/model.ts";
import { type ActivationRows, firstRows } from "../../training/dictionary/activation-rows.ts";
import type { Calibration } from "../../training/dictionary/calibrate.ts";
import type { DictionaryStep, DictionaryTrainer } from "../../training/dictionary/dictionary-trainer.ts";
import { harvest } from "../../training/dictionary/harvest.ts";
import { crossEntropy, type LayerQuality, qualityOf } from "../../training/dictionary/measure.ts";
import { Replacement } from "../../training/dictionary/replacement.ts";
import type { Sequences } from "../../training/dictionary/sequences.ts";
import { duration, type Phase } from "../output.ts";
import type { Context } from "../verb.ts";

interface Look {
  readonly step: number;
  readonly tokens: number;
  readonly seconds: number;
  /** Of the learning steps alone, and with harvesting. */
  readonly tokensPerSecond: { readonly learning: number; readonly all: number };
  readonly layers: readonly (LayerQuality & { readonly silent: number })[];
  /** Nats a token with the dictionary in place. */
  readonly crossEntropy: number;
}

export class DictionaryLive {
  private readonly context: Context;
  private readonly model: Model;
  private readonly trainer: DictionaryTrainer;
  private readonly rows: ActivationRows;
  private readonly texts: readonly (readonly number[])[];
  private readonly base: { readonly original: number; readonly meanAblated: number };
  private readonly history: Look[] = [];
  private phase: Phase;
  private readonly began = performance.now();
  private fillBegan = 0;
  private filled = 0;
  private readonly firstStep: number;
  private leftOutTokens = 0;
  private last: DictionaryStep | undefined;

  private constructor(
    context: Context,
    model: Model,
    trainer: DictionaryTrainer,
    rows: ActivationRows,
    texts: readonly (readonly number[])[],
    base: DictionaryLive["base"],
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
    phase.end();
    return new DictionaryLive(context, model, trainer, rows, texts, { original, meanAblated });
  }

  private get steps(): number {
    return this.trainer.settings.schedule.steps;
  }

  filling(piece: number, of: number): void {
    if (piece === 0) {
      this.fillBegan = performance.now();
      this.phase.end();
      this.phase = this.context.progress.start("running the model", { total: of, unit: "pieces" });
    }
    this.phase.update(piece);
    if (piece < of) return;
    this.filled += performance.now() - this.fillBegan;
    this.phase.end();
    this.phase = this.context.progress.start("training", { total: this.steps, unit: "steps" });
  }

  leftOut(tokens: number): void {
    this.leftOutTokens += tokens;
  }

  step(step: DictionaryStep): void {
    this.last = step;
    this.phase.update(step.step, this.steps);
  }

  async look(): Promise<void> {
    const { context, trainer, last } = this;
    if (!last) return;
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
        learning: Math.round(done / (seconds - this.filled / 1000)),
        all: Math.round(done / seconds),
      },
      layers: quality.map((one, i) => ({ ...one, silent: last.layers[i]!.silent })),
      crossEntropy: replaced,
    };
    this.history.push(look);
    const { color } = context;
    const left = ((this.steps - trainer.step) * trainer.settings.rows) / look.tokensPerSecond.all;
    context.out(
      `${color.bold(`step ${trainer.step}`)} of ${this.steps}  ${look.tokensPerSecond.all.toLocaleString("en")} tokens/s  ` +
        `${trainer.step < this.steps ? `${duration(left)} left` : "done"}  ` +
        `next token ${replaced.toFixed(3)} nats in place, ${this.base.original.toFixed(3)} of the model, ${this.base.meanAblated.toFixed(3)} with means`,
    );
    for (const { layer, explained, active, silent } of look.layers) {
      const share = `${(100 * explained).toFixed(1)} %`.padStart(7);
      context.out(
        `  layer ${String(layer).padStart(2)}  ${share} of the variance  ${active.toFixed(1)} active  ${((100 * silent) / trainer.plan.features).toFixed(1)} % silent`,
      );
    }
    this.phase = context.progress.start("training", { total: this.steps, unit: "steps" });
  }

  end(): void {
    this.phase.end();
  }

  result() {
    return {
      tokens: this.trainer.step * this.trainer.settings.rows,
      fromStep: this.firstStep,
      seconds: Math.round((performance.now() - this.began) / 1000),
      leftOut: this.leftOutTokens,
      heldOutTokens: { rebuilt: this.rows.count, predicted: this.texts.reduce((sum, ids) => sum + ids.length - 1, 0) },
      crossEntropy: { ...this.base, replaced: this.history.at(-1)?.crossEntropy },
      layers: this.history.at(-1)?.layers ?? [],
      history: this.history,
    };
  }
}
