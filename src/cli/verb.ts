/**
 * What a verb is, and what it is given. A verb is one file, `verbs/<name>.ts`, that exports `verb`, and one row in
 * `verbs.ts` (name, summary, import), so that `--help` needs to load none of them.
 *
 *   export const verb: Verb<{ top: number }> = {
 *     configure(command) {
 *       command.argument("<prompt>").option("--top <n>", "how many tokens to show", count, 10);
 *     },
 *     async run(options, { args: [prompt], out, result }) {
 *       ...
 *       result(value);          // with --json: the one document on stdout
 *       out(table(value));      // without: lines for people
 *     },
 *   };
 *
 * Heavy imports (onnxruntime, the models) belong inside `run`, or below it: `lucida predict --help` loads the file too.
 * `--json` is added to every verb by the frame. A verb throws a Problem for what is not a bug (exit code 1), or a
 * WrongCommand when the command itself made no sense (exit code 2); it never calls process.exit.
 */
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { Problem } from "../core/problem.ts";
import type { Colors, Progress } from "./output.ts";

export interface Verb<Options extends object = object> {
  /** Declares arguments and options. The name and the summary are set already. */
  configure(command: Command): void;
  /** Does the work. A number is the exit code; nothing is 0. */
  run(options: Options & { json: boolean }, context: Context): Promise<number | undefined> | Promise<void>;
}

export interface Context {
  /** Positional arguments, in order. */
  readonly args: readonly string[];
  /** Aborted by Ctrl-C: pass it down, and let the AbortError rise. */
  readonly signal: AbortSignal;
  /** Was --json given? */
  readonly json: boolean;
  /** Colours for stdout; they do nothing when it is not a terminal, or NO_COLOR is set. */
  readonly color: Colors;
  /** Columns of the terminal; 100 when there is none. */
  readonly width: number;
  /** Long work, on stderr, with an estimate. */
  readonly progress: Progress;
  /** Lines for people, on stdout. Nothing under --json. */
  out(text: string): void;
  /** The one JSON document, on stdout. Nothing without --json. To be called once. */
  result(value: unknown): void;
  /** A remark or a warning, on stderr. */
  note(text: string): void;
}

/** The command made no sense: exit code 2. For what commander cannot check by itself. */
export class WrongCommand extends Problem {}

/** Parses an option that is a whole number of at least `least`, at most `most`. */
export function count(least = 1, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`It should be a whole number${range(least, most, Number.MAX_SAFE_INTEGER)}.`);
    return value;
  };
}

/** Parses an option that is a number between `least` and `most`. */
export function number(least = -Infinity, most = Infinity): (text: string) => number {
  return text => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`It should be a number${range(least, most, Infinity)}.`);
    return value;
  };
}

/** Collects an option that may be given several times: `.option("--out <file>", "...", several, [])`. */
export function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function range(least: number, most: number, none: number): string {
  if (most !== none) return ` from ${least} to ${most}`;
  return least === -Infinity ? "" : ` of at least ${least}`;
}
