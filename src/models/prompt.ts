/**
 * What a model is asked about: a text, a chat, or ids; as the token ids that it sees, and how to show them.
 */
import { Problem } from "../core/problem.ts";
import { type ChatMessage, chatPrompt } from "../formats/chat-template.ts";
import { isRecord, parseJson } from "../formats/json.ts";
import type { Tokenizer } from "../formats/tokenizer/tokenizer.ts";
import type { Model } from "./model.ts";

/** A model that can be asked: with its tokenizer where it has one. */
export interface Asked {
  readonly model: Model;
  readonly tokenizer: Tokenizer | undefined;
}

export interface Prompt {
  /** What was typed, for people. */
  readonly text: string;
  readonly ids: readonly number[];
}

export interface PromptRequest {
  readonly text?: string | undefined;
  readonly ids?: readonly number[] | undefined;
  /** The text is a turn of a chat, or JSON of several; or the turns themselves. */
  readonly chat?: boolean | readonly ChatMessage[] | undefined;
}

/** One token as it is shown: its text, or "#3" where there is no tokenizer. */
export const shown = (tokenizer: Tokenizer | undefined, id: number): string => tokenizer?.token(id) ?? `#${id}`;

/** Throws a Problem when the prompt is empty, too long, outside the vocabulary, or cannot be tokenised. */
export function promptOf(request: PromptRequest, { model, tokenizer }: Asked): Prompt {
  if (request.ids) {
    const bad = request.ids.find(id => !(Number.isInteger(id) && id >= 0 && id < model.config.vocabulary));
    if (bad !== undefined) {
      throw new Problem(`${bad} is no token id of ${model.name}: they are 0 to ${model.config.vocabulary - 1}`);
    }
    checkLength(request.ids.length, model);
    return {
      ids: request.ids,
      text: tokenizer
        ? tokenizer.decode(withoutBos(request.ids, tokenizer))
        : request.ids.map(id => `#${id}`).join(" "),
    };
  }
  if (!tokenizer) {
    throw new Problem(`${model.name} has no tokenizer, so text cannot be turned into tokens`, {
      advice: "token ids: --ids 3,17,42",
    });
  }
  const { text = "" } = request;
  if (text === "" && !Array.isArray(request.chat)) checkLength(0, model);
  if (!request.chat) {
    const ids = tokenizer.encode(text);
    checkLength(ids.length, model);
    return { text, ids };
  }
  const turns = turnsOf(request.chat === true ? text : request.chat);
  const ids = chatIds(turns, tokenizer, model.name);
  checkLength(ids.length, model);
  return { text: saidIn(turns) ?? text, ids };
}

/** The turns of a chat; text that is no JSON is what the user says. */
function turnsOf(chat: string | readonly ChatMessage[]): unknown {
  if (typeof chat !== "string") return chat;
  return chat.trimStart().startsWith("[") ? parseJson(chat, "the chat") : [{ role: "user", content: chat }];
}

const isTurn = (turn: unknown): turn is ChatMessage =>
  isRecord(turn) && typeof turn.role === "string" && typeof turn.content === "string";

/** A chat for people: what the user said, or several turns as `user: … assistant: …`. */
function saidIn(turns: unknown): string | undefined {
  if (!Array.isArray(turns) || !turns.every(isTurn)) return undefined;
  const [only] = turns;
  if (turns.length === 1 && only) return only.content;
  return turns.map(turn => `${turn.role}: ${turn.content}`).join("\n");
}

/**
 * The positions of what was typed: of a chat, what its turns say and not the template around them; of anything else,
 * all but special tokens.
 */
export function typedPositions(
  request: PromptRequest,
  ids: readonly number[],
  tokenizer: Tokenizer,
): ReadonlySet<number> {
  const plain = [...ids.keys()].filter(position => !tokenizer.specialIds.has(ids[position]!));
  if (!request.chat || request.ids) return new Set(plain);
  const turns = turnsOf(request.chat === true ? (request.text ?? "") : request.chat);
  if (!Array.isArray(turns) || !turns.every(isTurn)) return new Set(plain);
  const texts = ids.map(id => tokenizer.token(id));
  const all = texts.join("");
  const ends: number[] = [];
  for (const text of texts) ends.push((ends.at(-1) ?? 0) + text.length);
  const typed = new Set<number>();
  // Turns stand in order; a template may trim them.
  let from = 0;
  for (const { content } of turns) {
    const said = content.trim();
    const start = said === "" ? -1 : all.indexOf(said, from);
    if (start < 0) continue;
    from = start + said.length;
    for (const [position, end] of ends.entries())
      if (end > start && end - texts[position]!.length < from) typed.add(position);
  }
  return typed;
}

function checkLength(tokens: number, model: Model): void {
  if (tokens === 0) throw new Problem("the prompt is empty", { advice: "a prompt of at least one token" });
  if (tokens > model.config.context) {
    throw new Problem(`the prompt is ${tokens} tokens long, ${model.name} was made for ${model.config.context}`, {
      advice: "a shorter prompt",
    });
  }
}

function chatIds(messages: unknown, tokenizer: Tokenizer, name: string): number[] {
  if (!tokenizer.chatTemplate)
    throw new Problem(`${name} has no chat template`, { advice: "a plain prompt, without --chat" });
  const word = (id: number | undefined) => (id === undefined ? undefined : tokenizer.token(id));
  const bos = word(tokenizer.bosId);
  const eos = word(tokenizer.eosIds[0]);
  const prompt = chatPrompt(tokenizer.chatTemplate, messages, {
    generate: true,
    name,
    ...(bos === undefined ? {} : { bosToken: bos }),
    ...(eos === undefined ? {} : { eosToken: eos }),
  });
  // A template that writes BOS itself must not get a second one from the tokenizer.
  return tokenizer.encode(prompt, { special: bos === undefined || !prompt.startsWith(bos) });
}

/**
 * The single token that a text means: the text itself, or with a space before it where only that is one token; "#17" is
 * token 17. Throws a Problem that shows the pieces when it is several.
 */
export function tokenNamed(text: string, { model, tokenizer }: Asked): number {
  const direct = tokenizer?.idOf(text) ?? tokenizer?.idOf(` ${text}`);
  if (direct !== undefined) return direct;
  const number = /^#?(\d+)$/.exec(text)?.[1];
  if (number !== undefined && (!tokenizer || text.startsWith("#"))) {
    if (Number(number) < model.config.vocabulary) return Number(number);
    throw new Problem(`${text} is no token of ${model.name}: ids are 0 to ${model.config.vocabulary - 1}`);
  }
  if (!tokenizer) throw new Problem(`${model.name} has no tokenizer: a token is named by its id`, { advice: '"#17"' });
  const pieces = tokenizer.encode(text, { special: false });
  if (pieces.length === 1) return pieces[0]!;
  const spelled = pieces.map(id => JSON.stringify(tokenizer.token(id)));
  throw new Problem(`${JSON.stringify(text)} is ${pieces.length} tokens in ${model.name}: ${spelled.join(" ")}`, {
    advice: spelled.length > 0 ? `its first token, ${spelled[0]}, or a shorter word` : "a word",
  });
}

/** The first token that every prompt has is nothing that somebody wrote. */
function withoutBos(ids: readonly number[], tokenizer: Tokenizer): readonly number[] {
  return ids.length > 1 && ids[0] === tokenizer.bosId ? ids.slice(1) : ids;
}
