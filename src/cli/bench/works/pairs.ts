/** A set of contrast pairs as a file: `prompts/contrast-*.json`. */
import { readFile } from "node:fs/promises";
import type { Pair } from "../../../attribution/verify/works-pair.ts";
import { Problem } from "../../../core/problem.ts";
import { isRecord, parseJson } from "../../../formats/json.ts";
import { systemProblem } from "../../../store/system-problem.ts";

/** Throws a Problem that names the pair which is not one. */
export async function readPairs(file: string): Promise<Pair[]> {
  const text = await readFile(file, "utf8").catch(error => {
    throw systemProblem(error, file, "read");
  });
  return pairsOf(parseJson(text, file), file);
}

export function pairsOf(value: unknown, file: string): Pair[] {
  const list = isRecord(value) ? value.pairs : value;
  const advice = 'a file like {"pairs": [{"prompt": "…", "versus": "…", "category": "…"}]}';
  if (!Array.isArray(list) || list.length === 0)
    throw new Problem("there are no contrast pairs in this file", { where: `in ${file}`, advice });
  return list.map((pair: unknown, i) => {
    const text = (name: string) => (isRecord(pair) && typeof pair[name] === "string" ? pair[name] : undefined);
    const [prompt, versus] = [text("prompt"), text("versus")];
    if (!prompt || !versus)
      throw new Problem(`pair ${i + 1} lacks a ${prompt ? "versus" : "prompt"}`, { where: `in ${file}`, advice });
    return { prompt, versus, category: text("category") ?? "any" };
  });
}

/** `most` pairs, evenly through the file. */
export function some<T>(all: readonly T[], most: number | undefined): T[] {
  if (most === undefined || most >= all.length) return [...all];
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!);
}
