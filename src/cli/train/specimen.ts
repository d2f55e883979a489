/**
 * `lucida train specimen`: the embedded model and its siblings, from nothing to an ordinary model folder.
 * With accuracies as it learns; Ctrl-C keeps what there is, and --resume goes on to the same weights.
 */
import { basename, resolve } from "node:path";
import { Problem } from "../../core/problem.ts";
import type { ModelConfig } from "../../models/config.ts";
import { type Accuracy, byTask } from "../../training/accuracy.ts";
import type { TrainingAids } from "../../training/decoder-loss.ts";
import type { Values } from "../../training/parameters.ts";
import type { Onward } from "../../training/specimen.ts";
import type { StepReport, Trainer, TrainerSettings } from "../../training/trainer.ts";
import { duration } from "../output.ts";
import { type Context, WrongCommand } from "../verb.ts";
import { unfinished } from "./unfinished.ts";

export interface SpecimenOptions {
  readonly size?: string;
  readonly seed: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly rate?: number;
  readonly motive?: boolean;
  readonly shareConcepts?: boolean;
  readonly fewUnits?: number;
  /** A trained specimen's folder. */
  readonly from?: string;
  /** What a run that goes on is for. */
  readonly onward?: string;
  readonly out?: string;
  readonly resume?: boolean;
}

/** Steps between two looks at the accuracies, and between two checkpoints. */
const [judgeEvery, saveEvery] = [400, 200];
/** Questions of each task: enough to see a hundred per cent come, and quick. */
const eachTask = 40;
/** At the end, others of each task, for the table that the model card shows. */
const eachAtEnd = 200;
/** The speed is taken between these steps, when the memory is planned and the caches are warm. */
const [warm, measured] = [10, 30];

export async function trainSpecimen(options: SpecimenOptions, context: Context): Promise<void> {
  if (options.steps !== undefined && options.minutes !== undefined) {
    throw new WrongCommand("--steps and --minutes both say when to end", { advice: "one of them" });
  }
  const { modelConfig } = await import("../../models/config.ts");
  const { specimenTokenizer, RunFolder } = await import("../../store/training-run.ts");
  const { onnxRuntime } = await import("../../store/open-model.ts");
  const { onnxDevice } = await import("../../devices/onnx/device.ts");
  const { Encoder } = await import("../../training/tokenizer/encoder.ts");
  const { hash } = await import("../../training/corpus/random.ts");
  const { judgeOf } = await import("../../training/accuracy.ts");
  const { checkpointOf } = await import("../../training/checkpoint.ts");
  const { modelFile } = await import("../../training/export.ts");
  const { shapeOf, specimenConfig } = await import("../../training/shape.ts");
  const recipe = await import("../../training/specimen.ts");
  const { train } = await import("../../training/train.ts");
  const { Trainer } = await import("../../training/trainer.ts");

  const { size = "standard", seed, motive = false, shareConcepts = false, fewUnits, from } = options;
  const onward = onwardOf(options, recipe.onwardRuns);
  const { json, files } = await specimenTokenizer();
  const encoder = new Encoder(json);
  const record = specimenConfig(shapeOf(size), encoder.size, encoder);
  const config = modelConfig(record);
  const folder = await RunFolder.open(
    options.out ??
      `specimen-${size}-${seed}${motive ? "-motive" : ""}${shareConcepts ? "-shared" : ""}${onward ? `-${onward}` : ""}`,
  );
  const run = JSON.stringify({
    size,
    seed,
    motive,
    ...(shareConcepts ? { shareConcepts } : {}),
    ...(fewUnits === undefined ? {} : { fewUnits }),
    ...(from === undefined ? {} : { from: basename(resolve(from)), onward }),
    tokenizer: hash(files["tokenizer.json"]!),
  });
  const checkpoint = await unfinished<TrainerSettings>(
    folder,
    options.resume === true,
    run,
    "--size, --seed, --motive, --share-concepts, --few-units, --from and --onward",
  );

  const device = onnxDevice(await onnxRuntime());
  const steps = options.steps ?? (onward ? recipe.onwardRuns[onward].steps : recipe.wholeRun);
  const aids: TrainingAids = {
    ...(shareConcepts ? { concepts: recipe.conceptAid(config.layers.length, onward) } : {}),
    ...(fewUnits === undefined ? {} : { fewUnits }),
  };
  const settingsFor = (steps: number): TrainerSettings => ({
    ...(onward
      ? recipe.onwardSettings(seed, onward, steps, options.rate)
      : recipe.specimenSettings(seed, steps, options.rate)),
    ...(Object.keys(aids).length > 0 ? { aids } : {}),
  });
  const settings = checkpoint?.settings ?? settingsFor(steps);
  const trainer = await Trainer.create(
    device,
    config,
    settings,
    from === undefined ? undefined : await weightsIn(from, config, context),
  );
  if (checkpoint) await trainer.restore(checkpoint.step, checkpoint.read);
  const judge = await judgeOf(device, config, recipe.specimenQuestions(encoder, eachTask, 1, motive));
  const began = performance.now();
  context.out(
    `${size} specimen, seed ${seed}: ${trainer.size.toLocaleString("en")} parameters, ${config.layers.length} layers of ${config.dModel}, ${config.vocabulary} tokens` +
      (checkpoint ? `; going on after step ${checkpoint.step} of ${settings.schedule.steps}` : ""),
  );
  const live = new Live(context, trainer);
  const corpus = {
    seed,
    motive,
    ...(onward && { onward }),
    get steps() {
      return trainer.settings.schedule.steps;
    },
  };
  try {
    await train(trainer, {
      batches: from => recipe.specimenBatches(encoder, corpus, from),
      signal: context.signal,
      judgeEvery,
      saveEvery,
      report(report) {
        live.step(report);
        if (options.minutes === undefined || checkpoint || report.step !== measured) return;
        const fit = Math.floor((options.minutes * 60 - live.seconds) / live.pace);
        trainer.settings = settingsFor(Math.max(measured + 1, measured + fit));
        live.plan();
      },
      async judge(trainer) {
        live.judged(await judge.ask(trainer.weights()));
      },
      save: trainer => folder.saveCheckpoint(checkpointOf(trainer, run)),
    });
  } catch (error) {
    live.end();
    if (context.signal.aborted)
      context.note(`stopped after step ${trainer.step}; the same command with --resume goes on`);
    throw error;
  }
  live.end();

  const examiner = await judgeOf(device, config, recipe.specimenQuestions(encoder, eachAtEnd, 2, motive));
  const accuracies = await examiner.ask(trainer.weights());
  await examiner.release();
  context.out(`\n${context.color.bold("held-out questions")}, ${eachAtEnd} of each task or as many as there are`);
  context.out(table(byTask(accuracies), context));

  for (const [name, text] of Object.entries(files)) await folder.write(name, text);
  await folder.write("config.json", `${JSON.stringify(record, null, 2)}\n`);
  const report = {
    size,
    seed,
    motive,
    ...(from === undefined ? {} : { from: basename(resolve(from)), onward }),
    parameters: trainer.size,
    settings: trainer.settings,
    seconds: Math.round((performance.now() - began) / 1000),
    ...live.result(),
    accuracies,
  };
  await folder.write("training.json", `${JSON.stringify(report, null, 2)}\n`);
  await folder.write("model.safetensors", modelFile(config, trainer.parameters, trainer.values));
  await folder.removeCheckpoint();
  await trainer.release();
  await judge.release();
  context.result({ folder: folder.path, ...report });
  context.out(`\nThe model is at ${folder.path}: use it with --model ${folder.path}`);
}

/** What a run that goes on is for, code when nothing is said; undefined when it does not. Throws a WrongCommand. */
function onwardOf({ from, onward }: SpecimenOptions, runs: Readonly<Record<Onward, unknown>>): Onward | undefined {
  if (from === undefined) {
    if (onward === undefined) return undefined;
    throw new WrongCommand("--onward is about a run that goes on", { advice: "--from, a trained specimen's folder" });
  }
  const wanted = onward ?? "code";
  if (Object.hasOwn(runs, wanted)) return wanted as Onward;
  throw new WrongCommand(`there is no run for "${wanted}"`, { advice: `one of ${Object.keys(runs).join(", ")}` });
}

/** The weights of a trained specimen. Throws a Problem when it has other shapes, or other tokens. */
async function weightsIn(name: string, config: ModelConfig, context: Context): Promise<Values> {
  const { modelFor } = await import("../model.ts");
  const { openModel } = await import("../../store/open-model.ts");
  const { decoderWeights } = await import("../../training/dictionary/in-place.ts");
  const { float32 } = await import("../../core/tensor.ts");
  const open = await openModel(await modelFor(name, context));
  try {
    const { layers, dModel, dMlp, vocabulary } = open.model.config;
    if (
      layers.length !== config.layers.length ||
      dModel !== config.dModel ||
      dMlp !== config.dMlp ||
      vocabulary !== config.vocabulary
    ) {
      const shape = (c: ModelConfig) =>
        `${c.layers.length} layers of ${c.dModel}, ${c.dMlp} units each and ${c.vocabulary} tokens`;
      throw new Problem(`${name} has ${shape(open.model.config)}, and this run ${shape(config)}`, {
        advice: "the --size that it was trained with",
      });
    }
    return new Map(Object.entries(await decoderWeights(open.model)).map(([n, t]) => [n, float32(t)]));
  } finally {
    await open.close();
  }
}

/** What people see while it learns: a line that moves, and now and then a table that stays. */
class Live {
  private readonly context: Context;
  private readonly trainer: Trainer;
  private phase: ReturnType<Context["progress"]["start"]>;
  private readonly began = performance.now();
  private readonly times = new Map<number, number>();
  private readonly history: { step: number; loss: number; units?: number; accuracies: Record<string, number> }[] = [];
  private stretch = { loss: 0, breadth: 0, tokens: 0, steps: 0, since: performance.now() };
  private tokens = 0;
  private firstStep = 0;

  constructor(context: Context, trainer: Trainer) {
    this.context = context;
    this.trainer = trainer;
    this.phase = context.progress.start("training", { total: trainer.settings.schedule.steps, unit: "steps" });
  }

  get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  /** Seconds a step, with a share for looking at the accuracies and saving. */
  get pace(): number {
    const [from, to] = [this.times.get(warm), this.times.get(measured)];
    return from === undefined || to === undefined ? Number.NaN : (1.05 * (to - from)) / (measured - warm);
  }

  step({ step, loss, tokens, breadth }: StepReport): void {
    this.firstStep ||= step;
    if (step <= measured) this.times.set(step, this.seconds);
    this.tokens += tokens;
    this.stretch.loss += loss;
    this.stretch.tokens += tokens;
    this.stretch.steps++;
    this.stretch.breadth += breadth ?? 0;
    this.phase.update(step, this.trainer.settings.schedule.steps);
  }

  plan(): void {
    this.context.note(`${this.trainer.settings.schedule.steps} steps fit`);
  }

  judged(accuracies: readonly Accuracy[]): void {
    const { steps } = this.trainer.settings.schedule;
    const { step } = this.trainer;
    const seconds = (performance.now() - this.stretch.since) / 1000;
    const loss = this.stretch.loss / this.stretch.steps;
    const units = (this.stretch.breadth / this.stretch.steps) ** 2;
    const left = ((steps - step) * seconds) / this.stretch.steps;
    const speed = Math.round(this.stretch.tokens / seconds).toLocaleString("en");
    this.history.push({
      step,
      loss,
      ...(units > 0 ? { units } : {}),
      accuracies: Object.fromEntries(byTask(accuracies).map(a => [a.task, a.right / a.of])),
    });
    this.phase.end();
    const { color, out } = this.context;
    out(
      `${color.bold(`step ${step}`)} of ${steps}  loss ${loss.toFixed(3)}  ${units > 0 ? `${units.toFixed(1)} units  ` : ""}${speed} tokens/s  ${step < steps ? `${duration(left)} left` : "done"}`,
    );
    out(table(byTask(accuracies), this.context));
    this.stretch = { loss: 0, breadth: 0, tokens: 0, steps: 0, since: performance.now() };
    this.phase = this.context.progress.start("training", { total: steps, unit: "steps" });
  }

  end(): void {
    this.phase.end();
  }

  result() {
    return { tokens: this.tokens, fromStep: this.firstStep, history: this.history };
  }
}

/** In columns: the share of right answers in per cent, and the task. */
function table(accuracies: readonly Accuracy[], { width, color }: Context): string {
  const wide = Math.max(...accuracies.map(a => a.task.length)) + 7;
  const columns = Math.max(1, Math.floor((width - 2) / wide));
  const rows = Math.ceil(accuracies.length / columns);
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: columns }, (_, c) => accuracies[c * rows + r])
      .filter(a => a !== undefined)
      .map(a => {
        const share = Math.round((100 * a.right) / a.of);
        const shown = String(share).padStart(4);
        return `${share >= 98 ? color.green(shown) : share >= 50 ? color.yellow(shown) : color.dim(shown)} ${a.task.padEnd(wide - 5)}`;
      })
      .join("")
      .trimEnd(),
  ).join("\n");
}
