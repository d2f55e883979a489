/** `--direction NAME=WITH.txt,WITHOUT.txt`, or `NAME=VECTOR.json`: directions that interventions speak of by name. */
import { readFile } from "node:fs/promises";
import { nearest } from "../core/nearest.ts";
import { parseJson } from "../formats/json.ts";
import { type PromptSets, withDirections } from "../interventions/direction.ts";
import type { Intervention } from "../interventions/intervention.ts";
import { promptOf } from "../models/prompt.ts";
import type { OpenModel } from "../store/open-model.ts";
import { WrongCommand } from "./verb.ts";

export interface Directions {
  /** The interventions with the vectors that they name. */
  into(interventions: readonly Intervention[], open: OpenModel, signal: AbortSignal): Promise<readonly Intervention[]>;
}

const advice = "--direction formal=with.txt,without.txt, or formal=vector.json";

/** Reads the files. Throws a WrongCommand for what cannot be read, and for names that no --direction gives. */
export async function readDirections(
  given: readonly string[],
  interventions: readonly Intervention[],
): Promise<Directions> {
  const prompts = new Map<string, { plus: string[]; minus: string[] }>();
  const vectors = new Map<string, readonly number[]>();
  for (const text of given) {
    const [, name, files] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (!name || !files) throw new WrongCommand(`--direction ${text} names no files`, { advice });
    if (files.endsWith(".json")) vectors.set(name, vectorIn(await read(files), files));
    else {
      const [plus, minus, more] = files.split(",");
      if (!plus || !minus || more !== undefined)
        throw new WrongCommand(`--direction ${name} needs two files, a prompt a line`, { advice });
      prompts.set(name, { plus: lines(await read(plus), plus), minus: lines(await read(minus), minus) });
    }
  }
  const names = [...prompts.keys(), ...vectors.keys()];
  for (const { site } of interventions) {
    if (site.at !== "direction" || names.includes(site.name)) continue;
    const [near] = nearest(site.name, names);
    throw new WrongCommand(`there is no direction ${JSON.stringify(site.name)}`, {
      advice: near ? `"${near}"` : `--direction ${site.name}=with.txt,without.txt`,
    });
  }
  return {
    async into(some, open, signal) {
      const ids = (texts: readonly string[]) => texts.map(text => promptOf({ text }, open).ids);
      const sets = new Map<string, PromptSets>();
      for (const [name, { plus, minus }] of prompts) sets.set(name, { plus: ids(plus), minus: ids(minus) });
      const made = await withDirections(some, open.model, sets, signal);
      return made.map(intervention => {
        const { site } = intervention;
        const vector = site.at === "direction" ? vectors.get(site.name) : undefined;
        return vector && site.at === "direction" ? { ...intervention, site: { ...site, vector } } : intervention;
      });
    },
  };
}

async function read(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => {
    throw new WrongCommand(`there is no file ${file} that could be read`, { advice });
  });
}

function lines(text: string, file: string): string[] {
  const found = text.split(/\r?\n/).filter(line => line.trim() !== "");
  if (found.length === 0) throw new WrongCommand(`${file} holds no prompt`, { advice: "a prompt a line" });
  return found;
}

function vectorIn(text: string, file: string): number[] {
  const value = parseJson(text, file);
  if (Array.isArray(value) && value.length > 0 && value.every(v => typeof v === "number")) return value;
  throw new WrongCommand(`${file} is no list of numbers`, { advice: "[0.1, -0.2, …], as many as the stream is wide" });
}
