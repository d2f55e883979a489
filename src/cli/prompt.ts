/** The prompt of a verb: its argument, `--ids` and `--chat`. */
import type { Command } from "commander";
import { type Asked, type Prompt, promptOf } from "../models/prompt.ts";
import { WrongCommand } from "./verb.ts";

export interface PromptOptions {
  readonly ids?: string;
  readonly chat?: boolean;
}

/** Adds the prompt argument, `--ids` and `--chat`. */
export function promptOptions(command: Command): Command {
  return command
    .argument("[prompt]", "the text that the model reads; - for standard input")
    .option("--ids <ids>", "token ids instead of a prompt: 3,17,42")
    .option("--chat", "the prompt is a turn of a chat (or JSON: [{role, content}, ...]); the model's template is used");
}

/** Throws a WrongCommand when nothing (or both) was given, a Problem when it cannot be read. */
export async function readPrompt(text: string | undefined, options: PromptOptions, open: Asked): Promise<Prompt> {
  if (options.ids !== undefined) {
    if (text !== undefined) throw new WrongCommand("a prompt and --ids were both given", { advice: "one of them" });
    return promptOf({ ids: parseIds(options.ids) }, open);
  }
  return promptOf({ text: await readText(text), chat: options.chat }, open);
}

/** The typed text, or standard input for "-". Throws a WrongCommand when there is none. */
export async function readText(text: string | undefined): Promise<string> {
  if (text === undefined) {
    throw new WrongCommand("there is no prompt", {
      advice: 'one in quotes: "The capital of France is", or --ids 3,17,42',
    });
  }
  return text === "-" ? standardInput() : text;
}

export function parseIds(text: string): number[] {
  const words = text.split(/[\s,]+/).filter(Boolean);
  if (words.length === 0) throw new WrongCommand("--ids holds no token id", { advice: "--ids 3,17,42" });
  const bad = words.find(word => !/^\d+$/.test(word));
  if (bad !== undefined) throw new WrongCommand(`"${bad}" is no token id`, { advice: "--ids 3,17,42" });
  return words.map(Number);
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8").replace(/\n$/, "");
}
