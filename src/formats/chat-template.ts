/**
 * From a conversation to the text that the model was trained to continue, by the model's own Jinja template.
 *
 * Templates come from files: they are interpreted by @huggingface/jinja, never executed as code.
 */
import { Template } from "@huggingface/jinja";
import { Problem } from "../core/problem.ts";
import { isRecord } from "./json.ts";

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface ChatOptions {
  /** Ends with the beginning of the assistant's turn; true by default. */
  generate?: boolean;
  /** Texts that templates ask for by name. */
  bosToken?: string | undefined;
  eosToken?: string | undefined;
  /** For messages. */
  name?: string;
}

/**
 * The prompt of a conversation. Encode it with `special: false` when it begins with the BOS token already.
 * Throws a Problem for a template that does not parse, and with the template's own words when it refuses the messages.
 */
export function chatPrompt(template: string, messages: unknown, options: ChatOptions = {}): string {
  const { generate = true, bosToken = "", eosToken = "", name = "the model's chat template" } = options;
  const conversation = checkedMessages(messages);
  let parsed: Template;
  try {
    parsed = new Template(template);
  } catch (cause) {
    throw new Problem("the chat template cannot be read", { where: `in ${name}: ${words(cause)}`, cause });
  }
  try {
    return parsed.render({
      messages: conversation.map(message => ({ ...message })),
      add_generation_prompt: generate,
      bos_token: bosToken,
      eos_token: eosToken,
    });
  } catch (cause) {
    const roles = conversation.map(message => message.role).join(", ");
    throw new Problem(`the chat template does not take these messages: ${words(cause)}`, {
      where: `in ${name}, with the roles ${roles}`,
      advice: "user and assistant in turns, beginning with user",
      cause,
    });
  }
}

/** Messages from outside (a JSON file, a request), or a Problem that says which one is wrong. */
export function checkedMessages(messages: unknown): ChatMessage[] {
  if (!Array.isArray(messages) || messages.length === 0)
    throw new Problem("a conversation is a list of at least one message", {
      advice: '[{"role": "user", "content": "..."}]',
    });
  return messages.map((message: unknown, i) => {
    if (isRecord(message) && typeof message.role === "string" && typeof message.content === "string")
      return { role: message.role, content: message.content };
    throw new Problem(`message ${i + 1} of ${messages.length} needs a role and a content, both texts`, {
      advice: '{"role": "user", "content": "..."}',
    });
  });
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);
