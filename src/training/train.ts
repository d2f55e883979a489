/** The loop: a batch, a step, a report; now and then a look at the accuracies and a checkpoint. Knows no clock. */
import type { Batch } from "./corpus/pack.ts";
import type { StepReport, Trainer } from "./trainer.ts";

export interface TrainOptions {
  /** Batches from a step on (0: from the start). The same step always gives the same batch. */
  readonly batches: (fromStep: number) => Iterator<Batch>;
  readonly signal?: AbortSignal;
  /** After each step. */
  readonly report?: (report: StepReport) => void | Promise<void>;
  /** How many steps between looks at the accuracies; the last step always has one. */
  readonly judgeEvery: number;
  readonly judge?: (trainer: Trainer) => Promise<void>;
  readonly saveEvery: number;
  /** Must be done with the trainer's state when it resolves. */
  readonly save?: (trainer: Trainer) => Promise<void>;
}

/**
 * Trains up to `settings.schedule.steps`, from wherever the trainer is: stopping and going on later gives the same
 * weights, bit for bit, as going through at once on the same machine. Aborted, it saves what it has and throws.
 */
export async function train(trainer: Trainer, options: TrainOptions): Promise<void> {
  const { signal, report, judge, judgeEvery, save, saveEvery } = options;
  const steps = () => trainer.settings.schedule.steps;
  if (trainer.step >= steps()) return;
  const source = options.batches(trainer.step);
  let batch = source.next().value as Batch;
  while (trainer.step < steps()) {
    if (signal?.aborted) {
      await save?.(trainer);
      signal.throwIfAborted();
    }
    const learning = trainer.learn(batch);
    // The device works on its own threads: meanwhile, make the next batch.
    batch = source.next().value as Batch;
    const learned = await learning;
    await report?.(learned);
    const last = trainer.step >= steps();
    if (judge && (last || trainer.step % judgeEvery === 0)) await judge(trainer);
    if (save && (last || trainer.step % saveEvery === 0)) await save(trainer);
  }
}
