/** Texts that a person gives to the searches: read, encoded, and run through the model for their peaks. */
import { readFile } from "node:fs/promises";
import { Problem } from "../../core/problem.ts";
import type { OpenModel } from "../../store/open-model.ts";
import { type Scene, tokenizerOf } from "./scene.ts";

/** The lines of a file that are not empty. */
export async function linesOf(path: string): Promise<string[]> {
  const { systemProblem } = await import("../../store/system-problem.ts");
  const text = await readFile(path, "utf8").catch(error => {
    throw systemProblem(error, path, "read");
  });
  return text.split(/\r?\n/).filter(line => line.trim() !== "");
}

/** Ids as the model is given them, none too long or too short. */
export function encoded(texts: readonly string[], open: OpenModel, where: string): number[][] {
  const tokenizer = tokenizerOf(open);
  return texts.map((text, i) => {
    const ids = tokenizer.encode(text);
    if (ids.length < 2 || ids.length > Math.min(2048, open.model.config.context)) {
      throw new Problem(
        `text ${i + 1} is ${ids.length} tokens long: 2 to ${Math.min(2048, open.model.config.context)} can be searched`,
        {
          where: `in ${where}: ${JSON.stringify(text.slice(0, 60))}`,
        },
      );
    }
    return ids;
  });
}

/** Texts × units × 8 bytes are held. */
const mostValues = 250e6;

/** What every unit does in these texts at most. Throws a Problem when they are too many to be held. */
export async function peaks(
  scene: Scene,
  ids: readonly (readonly number[])[],
  spans?: readonly (readonly [start: number, end: number])[],
) {
  const { watched, context } = scene;
  const units = watched.layers.reduce((sum, l) => sum + l.units, 0);
  if (ids.length * units > mostValues) {
    throw new Problem(`${ids.length} texts times ${units} units are more than can be held at once`, {
      advice: `at most ${Math.floor(mostValues / units)} texts`,
    });
  }
  const { peaksOf } = await import("../../features/search/peaks.ts");
  const phase = context.progress.start("the model reads", { unit: "texts" });
  try {
    return await peaksOf(watched, ids, {
      ...(spans ? { spans } : {}),
      signal: context.signal,
      progress: (done, of) => phase.update(done, of),
    });
  } finally {
    phase.end();
  }
}
