/** The text that a dictionary is to learn from, as sequences of tokens. */
import { join } from "node:path";
import { Problem } from "../../core/problem.ts";
import type { FoundModel } from "../../store/models.ts";
import { bosOf, type OpenModel } from "../../store/open-model.ts";
import type { Sequences } from "../../training/dictionary/sequences.ts";
import type { Encoder } from "../../training/tokenizer/encoder.ts";
import { corpusAsked } from "../corpus-option.ts";
import { type Context, WrongCommand } from "../verb.ts";

export interface TextOptions {
  readonly text: readonly string[];
  readonly share: readonly string[];
  readonly answers?: number;
  readonly corpus?: string;
  readonly seed: number;
}

export interface DictionaryText {
  readonly name: string;
  readonly licence?: string;
  /** Two texts with one mark are the same. */
  readonly mark: string;
  readonly sequences: Sequences;
  /** Where the text is the specimen's own: for its questions. */
  readonly encoder?: Encoder;
}

/** Tokens of a window of running text, its first one included. */
const windowLength = 128;
/** Windows are held in memory: 16 million tokens take as many times four bytes. */
const mostTokens = 16_000_000;

/**
 * Throws a Problem when the text is missing or short, and a WrongCommand for options that contradict each other.
 * @param perPart tokens that one part of the sequences must give
 */
export async function textFor(
  options: TextOptions,
  found: FoundModel,
  open: OpenModel,
  perPart: number,
  context: Pick<Context, "signal" | "progress">,
): Promise<DictionaryText> {
  const { text, seed } = options;
  const corpus = corpusAsked(options);
  const own = corpus === "specimen" || (corpus === undefined && text.length === 0 && found.source === "specimen");
  if (own) return specimenText(options, found);
  if (options.share.length > 0)
    throw new WrongCommand("--share is about tasks of the specimen's corpus, and other text was asked for", {
      advice: "--corpus specimen",
    });
  if (options.answers !== undefined)
    throw new WrongCommand("--answers is about questions of the specimen's corpus, and other text was asked for", {
      advice: "--corpus specimen",
    });
  const { corpusFor } = await import("../../store/sample-corpus.ts");
  const { windowsOf } = await import("../../features/index/windows.ts");
  const { windowSequences } = await import("../../training/dictionary/sequences.ts");
  const { tokenizer } = open;
  if (!tokenizer)
    throw new Problem("the model has no tokenizer, so it cannot read text", { where: `at ${found.path}` });
  const from = await corpusFor(text, { source: "disk" });
  const phase = context.progress.start("reading text", { unit: "tokens" });
  const windows: Int32Array[] = [];
  let tokens = 0;
  const encode = (one: string) => tokenizer.encode(one, { special: false });
  for await (const ids of windowsOf(from.texts(), encode, {
    length: windowLength,
    bos: bosOf(open),
    tokens: mostTokens,
  })) {
    context.signal.throwIfAborted();
    windows.push(Int32Array.from(ids));
    tokens += ids.length;
    phase.update(tokens);
  }
  phase.end();
  // Somewhat more than whole windows would need, since the last of a text are shorter.
  const step = Math.ceil((perPart / Math.max(1, tokens / windows.length - 1)) * 1.02);
  return {
    name: from.name,
    ...(from.licence ? { licence: from.licence } : {}),
    mark: `${from.mark} ${windows.length} ${tokens}`,
    sequences: windowSequences(
      windows.map(ids => Array.from(ids)),
      seed,
      step,
    ),
  };
}

async function specimenText({ share, seed }: TextOptions, found: FoundModel): Promise<DictionaryText> {
  const { specimenTokenizer } = await import("../../store/training-run.ts");
  const { Encoder } = await import("../../training/tokenizer/encoder.ts");
  const { allTasks, taskNames } = await import("../../training/corpus/tasks.ts");
  const { specimenSequences } = await import("../../training/dictionary/sequences.ts");
  const shares: Record<string, number> = {};
  for (const text of share) {
    const match = /^([\w-]+)=(\d+(?:\.\d+)?)$/.exec(text);
    const task = allTasks().find(one => one.name === match?.[1]);
    if (!task) {
      throw new WrongCommand(`"${text}" is no share of a task`, {
        advice: `--share two-hop=3; the tasks are ${taskNames.join(", ")}`,
      });
    }
    shares[task.name] = task.share * Number(match![2]);
  }
  const { json } = await specimenTokenizer(found.kind === "folder" ? found.path : join(found.path, ".."));
  const encoder = new Encoder(json);
  return {
    name: "the specimen's own corpus (generated from facts and sentence patterns)",
    licence: "Apache-2.0",
    mark: `specimen as taught ${seed} ${JSON.stringify(shares)}`,
    sequences: specimenSequences(encoder, seed, shares),
    encoder,
  };
}
