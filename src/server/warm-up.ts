/**
 * A trace nobody asked for, while a person reads the preview: it makes the programs that tracing needs beyond predicting
 * (a third to half of a first trace's time), so that the first click doesn't wait for them.
 */
import { trace } from "../attribution/trace.ts";
import type { OpenModel } from "../store/open-model.ts";

/** Nobody has asked anything for this long, in milliseconds. */
const quiet = 150;
/** Units of the trace: each program runs a few times. */
const units = 24;

export class WarmUp {
  private warm: OpenModel | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: { readonly stop: AbortController; readonly over: Promise<void> } | undefined;

  /** Whether the trace for this model ran to its end. */
  isWarm(open: OpenModel): boolean {
    return this.warm === open;
  }

  /** Begins after a quiet moment, once for a model. */
  soon(open: OpenModel): void {
    if (this.isWarm(open)) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const stop = new AbortController();
      const over = traceAny(open, stop.signal).then(
        () => {
          this.warm = open;
        },
        () => {
          // Put off; what is wrong with the model is told to whoever traces.
          if (!stop.signal.aborted) this.warm = open;
        },
      );
      this.running = { stop, over };
    }, quiet);
    this.timer.unref();
  }

  /** Somebody asks: the model is theirs as soon as the program that runs has ended. What was made stays. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const { running } = this;
    this.running = undefined;
    running?.stop.abort();
    await running?.over;
  }
}

/** Any tokens do, as long as there is a contrast. */
async function traceAny(open: OpenModel, signal: AbortSignal): Promise<void> {
  const first = open.tokenizer?.bosId ?? 0;
  const prompt = (last: number) => [first, ...[5, 7, last].map(id => id % open.model.config.vocabulary)];
  await trace(open, { ids: prompt(11), versus: prompt(13), units }, { precision: open.precision, signal });
}
