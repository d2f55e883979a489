/**
 * What a task is: something that draws lines.
 *
 * One `draw` serves training and judging: each draw says whether its item is held out, and the caller keeps the ones
 * of the split it wants. So a held-out item cannot slip into training by another door.
 */
import { internal } from "../../core/problem.ts";
import type { Line } from "./line.ts";
import type { Random } from "./random.ts";

export type Split = "train" | "held-out";

export interface Draft extends Line {
  /** Never trained on. */
  readonly held: boolean;
  /** Not a question: nothing to judge an answer by. */
  readonly unjudged?: boolean;
  /** A finer name: "us:A1", "hard-hint". */
  readonly kind?: string;
  /** What the model must work out on the way and the prompt does not say: Texas, the rhyme word. */
  readonly bridge?: string;
  /** The tempting wrong answer. */
  readonly foil?: string;
  /** Other answers that are as right. */
  readonly alternatives?: readonly string[];
  /** The same sentence about something else, with another answer. */
  readonly contrast?: (random: Random) => Line;
  /** Offset of the line break behind which the gist mask hides everything from the rest of the document. */
  readonly gist?: number;
}

export interface Task {
  readonly name: string;
  /** One sentence for people. */
  readonly title: string;
  /** Share of the training tokens (made to add up to 1 by the mixture). */
  readonly share: number;
  draw(random: Random): Draft;
  /** False when the task has no held-out items (facts that must be memorised). */
  readonly holdsOut: boolean;
}

/** The next line of the split. Every held-out group is at least a few per cent of its task, so this ends soon. */
export function drawFrom(task: Task, split: Split, random: Random, judged = false, kind?: string): Draft {
  for (let tries = 0; tries < 20_000; tries++) {
    const draft = task.draw(random);
    if (
      draft.held === (split === "held-out") &&
      !(judged && draft.unjudged) &&
      (kind === undefined || draft.kind === kind)
    )
      return draft;
  }
  throw internal(`task ${task.name} draws no ${kind ?? ""} item of the ${split} split`);
}
