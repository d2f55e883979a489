/**
 * What went wrong, in words that help the person who met it.
 *
 * A Problem is somebody's mistake or a fact of the world (a file cut short, a prompt too long): it has a sentence
 * with the numbers, where it happened, and what to try. It is printed without a stack trace.
 * A bug of ours is an ordinary Error, or one from `internal()`, and keeps its stack.
 */
export class Problem extends Error {
  /** Where, in the user's words: "at layer 12, transcoder gemma-scope". */
  readonly where: string | undefined;
  /** What to try. */
  readonly advice: string | undefined;

  constructor(what: string, more: { where?: string | undefined; advice?: string | undefined; cause?: unknown } = {}) {
    super(what, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "Problem";
    this.where = more.where;
    this.advice = more.advice;
  }
}

/** A mistake of ours: says so first, so that nobody looks for it in their own files. */
export function internal(what: string): Error {
  return new Error(`internal: ${what}`);
}

/** The three lines a person sees. */
export function sentence(error: unknown): string {
  if (error instanceof Problem) {
    const lines = [error.message];
    if (error.where) lines.push(`  ${error.where}`);
    if (error.advice) lines.push(`  try ${error.advice}`);
    return lines.join("\n");
  }
  const text = error instanceof Error ? error.message : String(error);
  return text.startsWith("internal:") ? text : `internal: ${text}`;
}
