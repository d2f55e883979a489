/**
 * The command line: finds the verb, loads it and nothing else, runs it, and turns what happens into an exit code.
 *
 * 0: it worked. 1: the work failed (a sentence on stderr). 2: the command was wrong. 130: Ctrl-C.
 * Knows no verb: they are rows of `verbs.ts`.
 */
import { Command, CommanderError } from "commander";
import { nearest } from "../core/nearest.ts";
import { Problem, sentence } from "../core/problem.ts";
import { systemProblem } from "../store/system-problem.ts";
import { removeUnfinished } from "../store/write-beside.ts";
import { colorsFor, progressOn } from "./output.ts";
import { type Context, WrongCommand } from "./verb.ts";
import { type VerbRow, verbs } from "./verbs.ts";

/** Set by the build from package.json. */
declare const __LUCIDA_VERSION__: string | undefined;
export const version = typeof __LUCIDA_VERSION__ === "string" ? __LUCIDA_VERSION__ : "0.0.0-source";

/** Runs one command, e.g. ["models", "--json"], and gives its exit code. Never throws. `table` is for tests. */
export async function main(argv: readonly string[], table: readonly VerbRow[] = verbs): Promise<number> {
  const stop = new AbortController();
  const unlisten = onSignals(stop);
  // `lucida models | head`: when nobody reads any more, there is nothing left to do, and nobody to tell.
  process.stdout.on("error", error => {
    removeUnfinished();
    process.exit(
      (error as NodeJS.ErrnoException).code === "EPIPE"
        ? 0
        : output.failed(systemProblem(error, "the output", "write")),
    );
  });
  const output = new Output(argv);
  const uncaught = (error: unknown) => {
    removeUnfinished();
    process.exit(output.failed(error));
  };
  process.on("uncaughtException", uncaught);
  try {
    return await dispatch(argv, table, stop.signal, output);
  } catch (error) {
    if (stop.signal.aborted) return (stop.signal.reason as Stopped).code;
    return output.failed(error);
  } finally {
    removeUnfinished();
    unlisten();
    process.off("uncaughtException", uncaught);
  }
}

const aboutLucida = ["-h", "--help", "help", "-V", "--version"];
const beginsWithWord = ([first]: readonly string[]): boolean => first !== undefined && !first.startsWith("-");

async function dispatch(
  argv: readonly string[],
  table: readonly VerbRow[],
  signal: AbortSignal,
  output: Output,
): Promise<number> {
  const isVerb = (word: string) => table.some(row => row.name === word);
  // No verb, or only its options: the page.
  if (isVerb("serve") && !argv.some(word => isVerb(word) || aboutLucida.includes(word)) && !beginsWithWord(argv))
    argv = ["serve", ...argv];
  const asked = argv.find(word => !word.startsWith("-"));
  const program = new Command("lucida")
    .description("A microscope for language models: the flow chart of what a model thought, with a verdict.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "what there is, or what a verb takes")
    .helpCommand("help [verb]", "what a verb takes")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  let code = 0;
  for (const row of table) {
    const command = program.command(row.name).summary(row.summary).description(row.summary);
    const named = asked === row.name || (asked === "help" && argv.includes(row.name));
    if (named) await prepare(command, row, output, signal, n => (code = n));
  }
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  if (asked !== undefined && asked !== "help" && !isVerb(asked)) {
    const near = nearest(
      asked,
      table.map(row => row.name),
    );
    throw new WrongCommand(`there is no verb "${asked}"`, {
      advice: near.length > 0 ? `lucida ${near[0]}` : "lucida --help for what there is",
    });
  }
  await program.parseAsync([...argv], { from: "user" });
  return code;
}

/** Loads the verb and makes `command` run it. */
async function prepare(
  command: Command,
  row: VerbRow,
  output: Output,
  signal: AbortSignal,
  exit: (code: number) => void,
): Promise<void> {
  const { verb } = await row.load();
  verb.configure(command);
  command.option("--json", "print one JSON document on stdout, and nothing else").action(async () => {
    const options = { json: false, ...command.opts() };
    const args = command.processedArgs.flat().filter((word): word is string => typeof word === "string");
    const result = await verb.run(options as never, output.context(args, options.json, signal));
    exit(result ?? 0);
    signal.throwIfAborted();
  });
}

/** What goes to stdout and stderr, and that stdout holds one document under --json, also when the work fails. */
class Output {
  private json: boolean;
  private written = false;

  constructor(argv: readonly string[]) {
    const end = argv.indexOf("--");
    this.json = (end < 0 ? argv : argv.slice(0, end)).includes("--json");
  }

  context(args: string[], json: boolean, signal: AbortSignal): Context {
    this.json = json;
    return {
      args,
      signal,
      json,
      color: colorsFor(process.stdout),
      width: process.stdout.columns || 100,
      progress: progressOn(process.stderr),
      out: text => {
        if (!json) process.stdout.write(`${text}\n`);
      },
      result: value => {
        if (json) this.document(value);
      },
      note: text => process.stderr.write(`${text}\n`),
    };
  }

  private document(value: unknown): void {
    if (this.written) throw new Error("internal: a second JSON document");
    this.written = true;
    process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Says what went wrong, in words on stderr (and as a document on stdout under --json), and gives the exit code. */
  failed(error: unknown): number {
    // Commander has printed help or the version, and "fails" with 0.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const problem = error instanceof CommanderError ? fromCommander(error) : error;
    const color = colorsFor(process.stderr);
    if (problem instanceof Problem) {
      const [what, ...rest] = sentence(problem).split("\n");
      process.stderr.write([color.red(what!), ...rest].join("\n") + "\n");
    } else {
      const stack = problem instanceof Error ? problem.stack?.split("\n").filter(line => /^\s+at /.test(line)) : [];
      process.stderr.write([color.red(sentence(problem)), ...(stack ?? [])].join("\n") + "\n");
      process.stderr.write(`  this is a bug in lucida ${version} (node ${process.version}, ${process.platform})\n`);
    }
    if (this.json && !this.written) {
      const { where, advice } = problem instanceof Problem ? problem : {};
      this.document({ error: { what: sentence(problem).split("\n")[0], where, advice } });
    }
    return problem instanceof WrongCommand ? 2 : 1;
  }
}

/** Commander's sentence without its "error: ", and with our advice. */
function fromCommander(error: CommanderError): WrongCommand {
  const [what, ...suggestion] = error.message.replace(/^error: /, "").split("\n");
  const meant = /Did you mean (.+)\?/.exec(suggestion.join(" "))?.[1];
  return new WrongCommand(what!, { advice: meant ?? "--help for what it takes" });
}

/** The reason of an abort by a signal. */
class Stopped extends Error {
  readonly code: number;
  constructor(code: number) {
    super("stopped");
    this.name = "AbortError";
    this.code = code;
  }
}

/** The first Ctrl-C asks the verb to stop; the second leaves at once. Neither leaves half-written files. */
function onSignals(stop: AbortController): () => void {
  const listeners = (
    [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const
  ).map(([name, code]) => {
    const listener = () => {
      if (stop.signal.aborted) {
        removeUnfinished();
        process.exit(code);
      }
      process.stderr.write(process.stderr.isTTY ? "\r\x1b[Kstopping\n" : "stopping\n");
      stop.abort(new Stopped(code));
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
}
