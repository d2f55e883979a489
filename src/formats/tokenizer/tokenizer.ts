/**
 * Text to token ids and back, whatever file the vocabulary comes from.
 */
export interface Tokenizer {
  /**
   * Ids of a text. Special tokens written in the text ("<|im_end|>") become their ids.
   * `special`: with what the tokenizer puts around a text (BOS, if it adds one); true by default.
   */
  encode(text: string, options?: { special?: boolean }): number[];
  /** The text of all ids together, special tokens included; "" for none. */
  decode(ids: readonly number[]): string;
  /**
   * One token as a person reads it: " Dallas"; a byte that is no character as "<0xE4>"; "<id 7>" for an id that the vocabulary does not have.
   */
  token(id: number): string;
  /** The id whose text is exactly this (" Austin"), if one token has it. */
  idOf(text: string): number | undefined;
  /** Ids are 0 to size - 1. */
  readonly size: number;
  readonly bosId: number | undefined;
  /** Ids that end an answer; the first is the tokenizer's own. */
  readonly eosIds: readonly number[];
  readonly specialIds: ReadonlySet<number>;
  /** Jinja, for chat-template.ts. */
  readonly chatTemplate: string | undefined;
}

/** Text for an id that no vocabulary has. */
export function noToken(id: number): string {
  return `<id ${id}>`;
}

/** `read` asked once for each id: to decode the bytes of a token takes microseconds, and labels ask ten thousand times. */
export function remembered(read: (id: number) => string): (id: number) => string {
  const known = new Map<number, string>();
  return id => {
    let text = known.get(id);
    if (text === undefined) known.set(id, (text = read(id)));
    return text;
  };
}
