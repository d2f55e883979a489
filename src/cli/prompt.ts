/**
 * What a verb is asked about: a text, a chat, or ids; as the token ids that the model sees, with how to show them.
 */
import type { Command } from "commander";
import { Problem } from "../core/problem.ts";
import { chatPrompt } from "../formats/chat-template.ts";
import { parseJson } from "../formats/json.ts";
import type { Tokenizer } from "../formats/tokenizer/tokenizer.ts";
import type { Model } from "../models/model.ts";
import type { OpenModel } from "../store/open-model.ts";
import { WrongCommand } from "./verb.ts";

export interface PromptOptions {
  readonly ids?: string;
  readonly chat?: boolean;
}

export interface Prompt {
  /** What was typed, for people. */
  readonly text: string;
  readonly ids: readonly number[];
}

/** Adds the prompt argument, `--ids` and `--chat`. */
export function promptOptions(command: Command): Command {
  return command
    .argument("[prompt]", "the text that the model reads; - for standard input")
    .option("--ids <ids>", "token ids instead of a prompt: 3,17,42")
    .option("--chat", "the prompt is a turn of a chat (or JSON: [{role, content}, ...]); the model's template is used");
}

/** One token as it is shown: its text, or "#3" where there is no tokenizer. */
export const shown = (tokenizer: Tokenizer | undefined, id: number): string => tokenizer?.token(id) ?? `#${id}`;

/** Throws a WrongCommand when nothing (or both) was given, a Problem when it cannot be read. */
export async function readPrompt(text: string | undefined, options: PromptOptions, open: OpenModel): Promise<Prompt> {
  const { model, tokenizer } = open;
  if (options.ids !== undefined) {
    if (text !== undefined) throw new WrongCommand("a prompt and --ids were both given", { advice: "one of them" });
    const ids = parseIds(options.ids, model);
    return { text: tokenizer ? tokenizer.decode(ids) : ids.map(id => `#${id}`).join(" "), ids };
  }
  if (text === undefined)
    throw new WrongCommand("there is no prompt", { advice: 'lucida … "The capital of France is", or --ids 3,17,42' });
  if (!tokenizer) {
    throw new Problem(`${model.name} has no tokenizer, so text cannot be turned into tokens`, {
      advice: "token ids: --ids 3,17,42",
    });
  }
  const typed = text === "-" ? await standardInput() : text;
  const ids = options.chat ? chatIds(typed, tokenizer, model.name) : tokenizer.encode(typed);
  if (ids.length === 0) throw new Problem("the prompt is empty", { advice: "a prompt of at least one token" });
  checkContext(ids.length, model);
  return { text: typed, ids };
}

export function checkContext(tokens: number, model: Model): void {
  if (tokens > model.config.context) {
    throw new Problem(`the prompt is ${tokens} tokens long, ${model.name} was made for ${model.config.context}`, {
      advice: "a shorter prompt",
    });
  }
}

function chatIds(text: string, tokenizer: Tokenizer, name: string): number[] {
  if (!tokenizer.chatTemplate)
    throw new Problem(`${name} has no chat template`, { advice: "a plain prompt, without --chat" });
  const messages = text.trimStart().startsWith("[") ? parseJson(text, "the chat") : [{ role: "user", content: text }];
  const word = (id: number | undefined) => (id === undefined ? {} : { token: tokenizer.token(id) });
  const bos = word(tokenizer.bosId).token;
  const eos = word(tokenizer.eosIds[0]).token;
  const prompt = chatPrompt(tokenizer.chatTemplate, messages, {
    generate: true,
    name,
    ...(bos === undefined ? {} : { bosToken: bos }),
    ...(eos === undefined ? {} : { eosToken: eos }),
  });
  // A template that writes BOS itself must not get a second one from the tokenizer.
  return tokenizer.encode(prompt, { special: bos === undefined || !prompt.startsWith(bos) });
}

export function parseIds(text: string, model: Model): number[] {
  const words = text.split(/[\s,]+/).filter(Boolean);
  const ids = words.map(word => (/^\d+$/.test(word) ? Number(word) : Number.NaN));
  const bad = ids.findIndex(id => !(id < model.config.vocabulary));
  if (words.length === 0) throw new WrongCommand("--ids holds no token id", { advice: "--ids 3,17,42" });
  if (bad >= 0) {
    throw new WrongCommand(
      `"${words[bad]}" is no token id of ${model.name}: they are 0 to ${model.config.vocabulary - 1}`,
    );
  }
  checkContext(ids.length, model);
  return ids;
}

/**
 * The single token that a text means. " Austin" is taken as it is; "Austin" also as " Austin" where only that is one
 * token. Throws a Problem that shows the pieces when it is several.
 */
export function tokenNamed(text: string, open: OpenModel): number {
  const { tokenizer, model } = open;
  const number = /^#?(\d+)$/.exec(text)?.[1];
  if (!tokenizer) {
    if (number !== undefined && Number(number) < model.config.vocabulary) return Number(number);
    throw new Problem(`${model.name} has no tokenizer: a token is named by its id`, { advice: '"#17"' });
  }
  if (text.startsWith("#") && number !== undefined && tokenizer.idOf(text) === undefined) {
    if (Number(number) < model.config.vocabulary) return Number(number);
  }
  const direct = tokenizer.idOf(text) ?? tokenizer.idOf(` ${text}`);
  if (direct !== undefined) return direct;
  const pieces = tokenizer.encode(text, { special: false });
  if (pieces.length === 1) return pieces[0]!;
  throw new Problem(
    `${JSON.stringify(text)} is ${pieces.length} tokens in ${model.name}: ${pieces.map(id => JSON.stringify(tokenizer.token(id))).join(" ")}`,
    {
      advice:
        pieces.length > 0
          ? `its first token, ${JSON.stringify(tokenizer.token(pieces[0]!))}, or a shorter word`
          : "a word",
    },
  );
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8").replace(/\n$/, "");
}
