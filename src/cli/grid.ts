/**
 * What makes a grid of a verb that asks a model something: `--prompts FILE`, `--set name=v1,v2`, `--hint`, `--seeds`.
 * The prompt is then a template, `The capital of the state containing {city} is`. What is done with it is in
 * `grid-run.ts`.
 */
import type { Command } from "commander";
import { count, several, WrongCommand } from "./verb.ts";

export interface GridOptions {
  readonly prompts?: string;
  readonly set?: readonly string[];
  readonly hint?: string;
  readonly seeds?: string;
  readonly answer: readonly string[];
  readonly read?: readonly string[];
  readonly basis?: string;
  readonly out?: string | readonly string[];
  readonly format: string;
  readonly queue?: string;
  readonly workers?: number;
  readonly shard?: number;
  readonly lease: number;
}

/** For whoever fills a queue and whoever works on it: both must mean the same. */
export const leaseText = "with --queue: a worker that is silent for so long loses its work to another";

/** Adds the options. A verb that has `--set` or `--out` already keeps its own, which then mean both. */
export function gridOptions(command: Command): Command {
  const has = (flag: string) => command.options.some(option => option.long === flag);
  command.option("--prompts <file>", "a grid: a row a run, from .jsonl, .csv or .txt; {name} in the prompt is filled");
  if (!has("--set")) command.option("--set <values>", "a grid: name=one,two fills {name} with each", several, []);
  command
    .option("--hint <text>", "each run without and with it: where the prompt says {hint}, else before the prompt")
    .option("--seeds <list>", "each run with each of these seeds: 1,2,3")
    .option("--answer <name=token>", 'whose probability to note: right=" {capital}"', several, []);
  command.option(
    "--read <unit>",
    "of a grid: a column with this unit's activation at the last token, 3.512",
    several,
    [],
  );
  if (!has("--basis"))
    command.option("--basis <basis>", "what a unit is: neurons, or a feature of a dictionary", "neurons");
  if (!has("--out"))
    command.option("--out <folder>", "of a grid: results and summary; what is there is not done again");
  return command
    .option("--format <format>", "of a grid's results: jsonl, csv or parquet", "jsonl")
    .option("--queue <address>", "leave the work to `lucida worker`s: postgres://user@host/database")
    .option("--workers <n>", "processes here; as many as cores, none with --queue", count(0, 1024))
    .option("--shard <n>", "runs in a piece of work", count(1, 100_000))
    .option("--lease <seconds>", leaseText, count(1, 86_400), 60);
}

const list = /^([A-Za-z_]\w*)=([\s\S]*)$/;

/** Does the command ask for a grid? Throws a WrongCommand when it only half does. */
export function isGrid(options: GridOptions): boolean {
  const lists = (options.set ?? []).some(text => list.test(text));
  if (options.prompts !== undefined || lists || options.hint !== undefined || options.seeds !== undefined) return true;
  const half =
    options.queue !== undefined
      ? "--queue"
      : options.answer.length > 0
        ? "--answer"
        : options.read && options.read.length > 0
          ? "--read"
          : undefined;
  const folder = typeof options.out === "string" ? "--out" : undefined;
  if (half ?? folder) {
    throw new WrongCommand(`${half ?? folder} is for many runs, and this is one`, {
      advice: "--prompts FILE.jsonl, or --set name=one,two",
    });
  }
  return false;
}

/** `--set`, told apart: lists of values by name, and interventions. Throws a WrongCommand for an empty list. */
export function settings(set: readonly string[] = []): { lists: Record<string, string[]>; interventions: string[] } {
  const lists: Record<string, string[]> = {};
  const interventions: string[] = [];
  for (const text of set) {
    const [, name, values] = list.exec(text) ?? [];
    if (name === undefined) interventions.push(text);
    else if (values === "") throw new WrongCommand(`--set ${text} gives no value`, { advice: `--set ${name}=one,two` });
    else lists[name] = [...(lists[name] ?? []), ...values!.split(/(?<!\\),/).map(v => v.replaceAll("\\,", ","))];
  }
  return { lists, interventions };
}

/** `right= Austin` by name; a token alone is called "answer". */
export function namedAnswers(answers: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    answers.map(text => {
      const [, name, token] = list.exec(text) ?? [];
      return name === undefined ? ["answer", text] : [name, token!];
    }),
  );
}

/** "3.512" as layer and index. Throws a WrongCommand for anything else. */
export function unitsToRead(texts: readonly string[] = []): { layer: number; index: number }[] {
  return texts.map(text => {
    const [, layer, index] = /^(\d{1,4})\.(\d{1,9})$/.exec(text) ?? [];
    if (index === undefined)
      throw new WrongCommand(`--read ${text} is no unit`, { advice: "--read 3.512: layer.index" });
    return { layer: Number(layer), index: Number(index) };
  });
}

/** "1,2,3". Throws a WrongCommand for anything else. */
export function seedList(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const words = text.split(",").map(word => word.trim());
  if (words.some(word => !/^\d{1,9}$/.test(word)) || new Set(words).size < words.length) {
    throw new WrongCommand(`--seeds ${text} is no list of different whole numbers`, { advice: "--seeds 1,2,3" });
  }
  return words.map(Number);
}
