/** Runs whose prompts have been read, and the results that come in for them, in any order. */
import { internal, Problem } from "../../core/problem.ts";
import type { GridModel } from "./execute.ts";
import { heading, type RunResult } from "./result.ts";
import type { Run, Shared } from "./run.ts";

export interface Ready {
  readonly run: Run;
  readonly ids: readonly number[];
  /** The prompt as people read it. */
  readonly text: string;
}

/** What each kind of run is done with. */
export interface RunContext {
  readonly open: GridModel;
  readonly shared: Shared;
  readonly results: Results;
  readonly signal: AbortSignal | undefined;
}

export class Results {
  private readonly runs: readonly Run[];
  private readonly made = new Map<Run, RunResult>();
  private readonly progress: ((done: number, of: number) => void) | undefined;

  constructor(runs: readonly Run[], progress?: (done: number, of: number) => void) {
    this.runs = runs;
    this.progress = progress;
  }

  put({ run, ids, text }: Ready, what: Omit<RunResult, "id" | "kind" | "prompt" | "tokens">): void {
    this.set(run, { ...heading(run, text), tokens: ids.length, ...what });
  }

  /** Does `work`; a Problem in it is this run's result. Anything else is thrown. */
  async attempt(run: Run, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { message: what, where, advice } = error;
      const prompt = typeof run.prompt === "string" ? run.prompt : run.prompt.map(id => `#${id}`).join(" ");
      this.set(run, {
        ...heading(run, prompt),
        error: { what, ...(where === undefined ? {} : { where }), ...(advice === undefined ? {} : { advice }) },
      });
    }
  }

  all(): RunResult[] {
    return this.runs.map(run => {
      const result = this.made.get(run);
      if (!result) throw internal(`run ${run.id} was forgotten`);
      return result;
    });
  }

  private set(run: Run, result: RunResult): void {
    this.made.set(run, result);
    this.progress?.(this.made.size, this.runs.length);
  }
}
