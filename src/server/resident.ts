/**
 * The one model in memory. Asking for another waits until nobody uses this one, lets it go, and opens the other; after a
 * while without questions it is let go as well. A model that would not fit is refused before it is read.
 */
import { readdir, stat } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { Problem } from "../core/problem.ts";
import { forward } from "../models/forward.ts";
import { type FoundModel, findModel } from "../store/models.ts";
import { type OpenModel, openModel } from "../store/open-model.ts";
import type { ModelState } from "./api.ts";
import type { CallOptions } from "./instrument.ts";
import { WarmUp } from "./warm-up.ts";

/** Without questions for this long, the memory is given back. */
const idle = 20 * 60_000;
/** Measured: resident memory about 2.4 times the weights while they are packed, in float32. */
const growth = 2.4;

/** The model at hand, and where it was found. */
export interface Scene {
  readonly open: OpenModel;
  readonly found: FoundModel;
}

export class Resident {
  private scene: Scene | undefined;
  private state: ModelState | undefined;
  private name = "";
  private using = 0;
  private waiting: (() => void)[] = [];
  /** Openings and closings happen one after another. */
  private turn: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private readonly warmUp = new WarmUp();
  private readonly tell: (state: ModelState | undefined) => void;

  constructor(tell: (state: ModelState | undefined) => void) {
    this.tell = tell;
  }

  /** Runs `work` with the model, which stays in memory until it is done. */
  async use<T>(name: string, options: CallOptions, work: (scene: Scene, state: ModelState) => Promise<T>): Promise<T> {
    const turn = this.turn.then(async () => {
      await this.warmUp.stop();
      await this.become(name, options);
    });
    this.turn = turn.catch(() => {});
    await turn;
    clearTimeout(this.timer);
    try {
      return await work(this.scene!, this.state!);
    } finally {
      this.using--;
      if (this.using === 0) {
        for (const wake of this.waiting.splice(0)) wake();
        this.timer = setTimeout(() => {
          this.turn = this.turn.then(() => this.letGo()).catch(() => {});
        }, idle);
        this.timer.unref();
        this.warmUp.soon(this.scene!.open);
      }
    }
  }

  private async become(name: string, options: CallOptions): Promise<void> {
    options.signal?.throwIfAborted();
    if (this.scene && this.name === name) {
      this.using++;
      return;
    }
    const found = await findModel(name, {
      ...(options.signal ? { signal: options.signal } : {}),
      progress: (arrived, total) => options.progress?.("fetching the model", arrived, total ?? 0),
    });
    // The model that is here stays until the other is known to exist.
    while (this.using > 0) await new Promise<void>(done => this.waiting.push(done));
    await this.letGo();
    await checkMemory(found);
    options.progress?.("opening the model", 0, 0);
    const open = await openModel(found);
    try {
      const { model } = open;
      // One token through the model: every layer's program is made, so the first question does not wait for it.
      const first = open.tokenizer?.bosId ?? 0;
      const x = await forward(model, [[first]], {
        signal: options.signal,
        progress: layer => options.progress?.("loading the weights", layer + 1, model.layers + 1),
      });
      await model.logits(x);
      options.progress?.("loading the weights", model.layers + 1, model.layers + 1);
    } catch (error) {
      await open.close().catch(() => {});
      throw error;
    }
    this.name = name;
    this.using++;
    const { model } = open;
    this.state = {
      name,
      family: model.config.family.name,
      layers: model.layers,
      dModel: model.config.dModel,
      dMlp: model.config.dMlp,
      vocabulary: model.config.vocabulary,
      context: model.config.context,
      weights: open.precision,
      chat: open.tokenizer?.chatTemplate !== undefined,
      tokenizer: open.tokenizer !== undefined,
    };
    this.scene = { open, found };
    this.tell(this.state);
  }

  private async letGo(): Promise<void> {
    if (!this.scene || this.using > 0) return;
    await this.warmUp.stop();
    const { open } = this.scene;
    this.scene = undefined;
    this.state = undefined;
    this.name = "";
    this.tell(undefined);
    await open.close();
  }
}

/** Throws a Problem when the machine is too small for the model. */
async function checkMemory(found: FoundModel): Promise<void> {
  const size = await weightBytes(found);
  // Quantised files unfold to float32; a GGUF of 4 bits grows eightfold, safetensors of 16 bits twofold.
  const unfolds = found.kind === "gguf" ? 7 : 2;
  const need = size * unfolds * (growth / 2);
  const limit = totalmem() * 0.9;
  if (need <= limit) return;
  const gb = (n: number) => `${(n / 1e9).toFixed(1)} GB`;
  throw new Problem(
    `${found.name} would need about ${gb(need)} of memory; this machine has ${gb(totalmem())}, ${gb(freemem())} free`,
    { advice: "a smaller model" },
  );
}

async function weightBytes(found: FoundModel): Promise<number> {
  if (found.kind === "gguf") return (await stat(found.path)).size;
  const names = (await readdir(found.path)).filter(name => name.endsWith(".safetensors"));
  const sizes = await Promise.all(names.map(async name => (await stat(join(found.path, name))).size));
  return sizes.reduce((a, b) => a + b, 0);
}
