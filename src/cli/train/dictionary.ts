/** `lucida train dictionary`: features for a model, from nothing to a folder that --basis takes. */
import { basename, resolve } from "node:path";
import type { Tensor } from "../../core/tensor.ts";
import type { Model } from "../../models/model.ts";
import type { Accuracy } from "../../training/accuracy.ts";
import type { DictionarySettings, DictionaryTrainer } from "../../training/dictionary/dictionary-trainer.ts";
import type { Plan } from "../../training/dictionary/plan.ts";
import type { Encoder } from "../../training/tokenizer/encoder.ts";
import { modelFor } from "../model.ts";
import { type Context, WrongCommand } from "../verb.ts";
import { type PlanOptions, planFor, tokensOf } from "./dictionary-plan.ts";
import { type TextOptions, textFor } from "./dictionary-text.ts";
import { unfinished } from "./unfinished.ts";

export interface DictionaryOptions extends PlanOptions, TextOptions {
  readonly model?: string;
  readonly tokens?: string;
  readonly batch?: number;
  readonly rate?: number;
  readonly minutes?: number;
  readonly finish?: string;
  readonly errors?: number;
  readonly rebuild?: number;
  /** A dictionary's folder. */
  readonly from?: string;
  readonly steps?: number;
  readonly out?: string;
  readonly resume?: boolean;
}

/** Tokens by which a dictionary is measured as it learns. */
const [rebuiltTokens, predictedTokens] = [8192, 2048];
/** Questions of each task, when the model is the specimen: most of them, and one for so many tokens of a short training. */
const [eachTask, tokensAQuestion] = [200, 1000];

export async function trainDictionaryVerb(options: DictionaryOptions, context: Context): Promise<void> {
  if (options.tokens !== undefined && options.minutes !== undefined)
    throw new WrongCommand("--tokens and --minutes both say when to end", { advice: "one of them" });
  // One that is gone on from has learnt layer by layer already.
  const byLayer = options.from === undefined || options.tokens !== undefined || options.minutes !== undefined;
  if (!byLayer && options.finish === undefined)
    throw new WrongCommand("--from does not say what comes next", {
      advice: "--tokens for more of each layer by itself, --finish for all layers together",
    });
  const ofFinish = (["errors", "rebuild", "answers"] as const).find(name => options[name] !== undefined);
  if (ofFinish && options.finish === undefined)
    throw new WrongCommand(`--${ofFinish} is about the finish, and none was asked for`, { advice: "--finish 1M" });
  if (options.steps !== undefined)
    throw new WrongCommand("--steps is no option of lucida train dictionary", { advice: "--tokens or --minutes" });
  const rows = options.batch ?? 2048;
  const tokens = byLayer ? tokensOf(options.tokens ?? "4M") : 0;
  const finishTokens = options.finish === undefined ? 0 : tokensOf(options.finish);
  const found = await modelFor(options.model ?? "specimen", context);
  const { openModel } = await import("../../store/open-model.ts");
  const { RunFolder } = await import("../../store/training-run.ts");
  const { ActivationBuffer } = await import("../../store/activation-buffer.ts");
  const { checkpointOf } = await import("../../training/checkpoint.ts");
  const { calibrate } = await import("../../training/dictionary/calibrate.ts");
  const { chunksFor } = await import("../../training/dictionary/chunks.ts");
  const { DictionaryTrainer, savedNormalisation } = await import("../../training/dictionary/dictionary-trainer.ts");
  const { dictionaryFiles } = await import("../../training/dictionary/export.ts");
  const { dictionarySettings } = await import("../../training/dictionary/settings.ts");
  const { trainDictionary } = await import("../../training/dictionary/train-dictionary.ts");
  const { DictionaryLive } = await import("./dictionary-live.ts");
  const { stepsThatFit } = await import("./fit-steps.ts");

  const open = await openModel(found);
  const { model } = open;
  try {
    const plan = planFor(options, model.config);
    const weights = finishTokens > 0 ? await weightsToFinish(model, plan) : undefined;
    const folder = await RunFolder.open(
      options.out ?? `dictionary-${found.name.replace(/[^\w.-]+/g, "-")}-${plan.kind}`,
    );
    if (!options.resume) folder.refuseIfHolds("training.json", "a finished dictionary is in this folder");
    // Parts of the text are as far apart as the chunks of a long run need.
    const text = await textFor(options, found, open, chunksFor(plan, rows, 1e9).batches * rows, context);
    const from = options.from === undefined ? {} : { from: basename(resolve(options.from)) };
    const run = JSON.stringify({ model: found.name, plan, text: text.mark, seed: options.seed, ...from });
    const told = "--model, --kind, --layers, --features, --active, --activation, --text, --from and --seed";
    const checkpoint = await unfinished<DictionarySettings>(folder, options.resume === true, run, told);

    const phase = context.progress.start("looking at activations");
    const calibration = await calibrate(model, plan, () => text.sequences.part(0), { signal: context.signal });
    const steps =
      options.minutes === undefined || checkpoint
        ? Math.max(1, Math.floor(tokens / rows))
        : await stepsThatFit(options.minutes, model, plan, text.sequences, calibration, rows);
    phase.end();
    const settings =
      checkpoint?.settings ??
      dictionarySettings(plan, {
        seed: options.seed,
        rows,
        steps,
        ...(options.rate === undefined ? {} : { rate: options.rate }),
      });
    const normalisation = checkpoint ? await savedNormalisation(plan, checkpoint.read) : calibration.normalisation;
    const trainer = await DictionaryTrainer.create(model.device, plan, settings, normalisation);
    if (checkpoint) await trainer.restore(checkpoint.step, checkpoint.read);
    else if (options.from !== undefined) {
      const { dictionaryIn } = await import("./dictionary-from.ts");
      trainer.begin(await dictionaryIn(options.from, plan));
    }
    const chunks = chunksFor(plan, settings.rows, settings.schedule.steps);
    const live = await DictionaryLive.begin(context, model, trainer, text.sequences, calibration, {
      rebuiltTokens,
      predictedTokens,
    });
    context.out(
      `${plan.kind} for ${found.name}: ${plan.layers.length} layers of ${plan.features} features, ${plan.activation.k} active; ` +
        `${trainer.size.toLocaleString("en")} numbers, ${(byLayer ? settings.schedule.steps * settings.rows : finishTokens).toLocaleString("en")} tokens` +
        (checkpoint ? `; going on after step ${checkpoint.step} of ${settings.schedule.steps}` : ""),
    );
    const buffer = await ActivationBuffer.create(`${folder.path}/activations`, plan.layers, plan.dModel, chunks);
    try {
      if (byLayer)
        await trainDictionary(trainer, {
          model,
          sequences: text.sequences,
          limits: calibration.limits,
          chunks,
          buffer,
          signal: context.signal,
          filling: (piece, of) => live.filling(piece, of),
          leftOut: n => live.leftOut(n),
          learning: () => live.learning(),
          report: step => live.step(step),
          lookEvery: Math.max(50, Math.ceil(settings.schedule.steps / 12)),
          look: () => live.look(),
          saveEvery: 250,
          save: one => folder.saveCheckpoint(checkpointOf(one, run)),
        });
    } catch (error) {
      if (context.signal.aborted)
        context.note(`stopped after step ${trainer.step}; the same command with --resume goes on`);
      throw error;
    } finally {
      live.end();
      await buffer.remove();
    }
    if (weights) {
      const { finish, finishBatch } = await import("../../training/dictionary/finish.ts");
      const steps = Math.max(1, Math.round(finishTokens / (finishBatch.rows * finishBatch.length)));
      try {
        await finish(model.device, model.config, trainer, {
          weights,
          // Beyond every part that the layers have learnt from by themselves.
          sequences: text.sequences.asked(1_000_000, options.answers ?? 0),
          steps,
          signal: context.signal,
          ...(options.errors === undefined ? {} : { errors: options.errors }),
          ...(options.rebuild === undefined ? {} : { rebuild: options.rebuild }),
          ...(byLayer || options.rate === undefined ? {} : { rate: options.rate }),
          report: step => live.finishing(step),
        });
      } catch (error) {
        if (context.signal.aborted)
          context.note(
            `stopped in the finish; the same command${byLayer ? " with --resume" : ""} begins the finish again`,
          );
        throw error;
      } finally {
        live.end();
      }
      await live.look();
      live.end();
    }
    const each = Math.min(
      eachTask,
      Math.ceil((settings.schedule.steps * settings.rows + finishTokens) / tokensAQuestion),
    );
    const accuracies = text.encoder && (await withEveryMlpReplaced(model, plan, trainer, text.encoder, each, context));
    const report = {
      model: found.name,
      plan,
      corpus: { name: text.name, ...(text.licence ? { licence: text.licence } : {}) },
      settings,
      ...(finishTokens > 0
        ? { finishTokens, errors: options.errors ?? 0, rebuild: options.rebuild ?? 1, answers: options.answers ?? 0 }
        : {}),
      ...live.result(),
      ...(accuracies ? { accuracies } : {}),
    };
    await folder.write("training.json", `${JSON.stringify(report, null, 2)}\n`);
    for (const { name, data } of dictionaryFiles(plan, trainer.folded(), { name: found.name, layers: model.layers }))
      await folder.write(name, data);
    await folder.removeCheckpoint();
    await trainer.release();
    context.result({ folder: folder.path, ...report });
    context.out(`\nThe dictionary is at ${folder.path}: use it with --basis ${folder.path}`);
  } finally {
    await open.close();
  }
}

/** The model's weights for the finish. Throws a WrongCommand where the finish cannot be had, before anything long begins. */
async function weightsToFinish(model: Model, plan: Plan): Promise<Record<string, Tensor>> {
  if (plan.kind === "autoencoders" || plan.layers.length < model.layers) {
    throw new WrongCommand("--finish puts a dictionary in the place of every MLP, and this one is not of every MLP", {
      advice: "--kind transcoders or cross-layer with --layers all, or no --finish",
    });
  }
  const { asOneProgram } = await import("../../training/dictionary/in-place.ts");
  const weights = await asOneProgram(model);
  if (!weights) {
    throw new WrongCommand("--finish needs the whole model as one program, and this family's cannot be made yet", {
      advice: "no --finish",
    });
  }
  return weights;
}

interface Kept extends Accuracy {
  /** Right answers of the model as it is. */
  readonly original: number;
}

/** The specimen's questions, asked with the dictionary in the place of every MLP; undefined when it is not of all MLPs. */
async function withEveryMlpReplaced(
  model: Model,
  plan: Plan,
  trainer: DictionaryTrainer,
  encoder: Encoder,
  each: number,
  context: Context,
): Promise<Kept[] | undefined> {
  if (plan.kind === "autoencoders" || plan.layers.length < model.layers) return undefined;
  const { judgeOf } = await import("../../training/accuracy.ts");
  const { decoderWeights, standInOf } = await import("../../training/dictionary/in-place.ts");
  const { weightsOf } = await import("../../training/dictionary/replacement.ts");
  const { specimenQuestions } = await import("../../training/specimen.ts");
  const questions = specimenQuestions(encoder, each, 3);
  const weights = await decoderWeights(model);
  const asIs = await judgeOf(model.device, model.config, questions);
  const before = await asIs.ask(weights);
  await asIs.release();
  const judge = await judgeOf(model.device, model.config, questions, standInOf(plan));
  const after = await judge.ask({ ...weights, ...weightsOf(plan, trainer.folded()) });
  await judge.release();
  const kept = after.map((one, i) => ({ ...one, original: before[i]!.right }));
  context.out(`\n${context.color.bold("with every MLP replaced")}: right answers, and of the model as it is`);
  const byName = new Map<string, { right: number; original: number; of: number }>();
  for (const { task, right, original, of } of kept) {
    const had = byName.get(task) ?? { right: 0, original: 0, of: 0 };
    byName.set(task, { right: had.right + right, original: had.original + original, of: had.of + of });
  }
  for (const [task, { right, original, of }] of byName) {
    const share = original === 0 ? 1 : right / original;
    const line = `${String(Math.round((100 * right) / of)).padStart(5)} ${String(Math.round((100 * original) / of)).padStart(4)}  ${task}`;
    context.out(share >= 0.8 ? context.color.green(line) : context.color.yellow(line));
  }
  return kept;
}
