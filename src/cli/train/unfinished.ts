/** Is there a run in this folder to go on with, and is it the one that was asked for? */
import { Problem } from "../../core/problem.ts";
import type { RunFolder } from "../../store/training-run.ts";
import type { Checkpoint } from "../../training/checkpoint.ts";

/**
 * The interrupted run, undefined where there is none. Throws a Problem when there is one and nobody said --resume, when
 * there is none and somebody did, or when it was another run; `given` names the options that tell runs apart.
 */
export async function unfinished<Settings extends { readonly schedule: { readonly steps: number } }>(
  folder: RunFolder,
  resume: boolean,
  run: string,
  given: string,
): Promise<Checkpoint<Settings> | undefined> {
  const checkpoint = await folder.checkpoint<Settings>();
  const where = `at ${folder.path}`;
  if (resume && !checkpoint) {
    throw new Problem("there is no interrupted run to go on with", {
      where,
      advice: "the same command without --resume",
    });
  }
  if (checkpoint && !resume) {
    throw new Problem(
      `a run was interrupted here, after step ${checkpoint.step} of ${checkpoint.settings.schedule.steps}`,
      {
        where,
        advice: "--resume to go on with it, or --out with another folder",
      },
    );
  }
  if (checkpoint && checkpoint.run !== run) {
    throw new Problem("the interrupted run here was another one", {
      where: `${where}: ${checkpoint.run}, asked for ${run}`,
      advice: `the ${given} it was started with, or --out with another folder`,
    });
  }
  return checkpoint;
}
