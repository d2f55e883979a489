/** The prompt of a verb: its argument, `--ids` and `--chat`. */
import type { Command } from "commander";
import { type Asked, type Prompt, promptOf } from "../models/prompt.ts";
import { WrongCommand } from "./verb.ts";

export interface PromptOptions {
  readonly ids?: string;
  readonly chat?: boolean;
}

/** Adds the prompt argument, `--ids` and `--chat`. What is wrong with them is said before a model is fetched. */
export function promptOptions(command: Command): Command {
  return command
    .hook("preAction", (_, called) => {
      const { ids, prompts } = called.opts<PromptOptions & { prompts?: string }>();
      if (ids !== undefined) parseIds(ids);
      // A list of prompts needs none, and takes a template.
      if (prompts !== undefined) return;
      given(called.args[0], ids);
    })
    .argument("[prompt]", "the text that the model reads; - for standard input")
    .option("--ids <ids>", "token ids instead of a prompt: 3,17,42")
    .option("--chat", "the prompt is a turn of a chat (or JSON: [{role, content}, ...]); the model's template is used");
}

/** Throws a WrongCommand when nothing (or both) was given, a Problem when it cannot be read. */
export async function readPrompt(text: string | undefined, options: PromptOptions, open: Asked): Promise<Prompt> {
  given(text, options.ids);
  if (options.ids !== undefined) {
    return promptOf({ ids: parseIds(options.ids) }, open);
  }
  return promptOf({ text: await readText(text), chat: options.chat }, open);
}

/** Throws a WrongCommand when there is neither a text nor ids, or both. */
function given(text: string | undefined, ids: string | undefined): void {
  if (text !== undefined && ids !== undefined) {
    throw new WrongCommand("a prompt and --ids were both given", { advice: "one of them" });
  }
  if (text === undefined && ids === undefined) {
    throw new WrongCommand("there is no prompt", {
      advice: 'one in quotes: "The capital of France is", or --ids 3,17,42',
    });
  }
}

/** The typed text, or standard input for "-". Throws a WrongCommand when there is none. */
export async function readText(text: string | undefined): Promise<string> {
  given(text, undefined);
  return text === "-" ? standardInput() : text!;
}

export function parseIds(text: string): number[] {
  const words = text.trim().split(/\s*,\s*|\s+/);
  if (text.trim() === "") throw new WrongCommand("--ids holds no token id", { advice: "--ids 3,17,42" });
  const bad = words.find(word => !/^\d+$/.test(word));
  if (bad === "")
    throw new WrongCommand(`--ids ${text} leaves out a number between commas`, { advice: "--ids 3,17,42" });
  if (bad !== undefined) throw new WrongCommand(`"${bad}" is no token id`, { advice: "--ids 3,17,42" });
  return words.map(Number);
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  // Ctrl-C only asks a verb to stop (main.ts), and nothing asks whoever waits for input that never ends.
  const stop = () => process.stdin.destroy(new Error("stopped"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  try {
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  }
  return Buffer.concat(chunks).toString("utf8").replace(/\n$/, "");
}
