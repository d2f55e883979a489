/** `--corpus`, beside `--text`. */
import { WrongCommand } from "./verb.ts";

/** The corpus that was asked for by name. Throws a WrongCommand for another name, and where --text asks for something else. */
export function corpusAsked({
  corpus,
  text,
}: {
  readonly corpus?: string | undefined;
  readonly text: readonly string[];
}): "specimen" | "sample" | undefined {
  if (corpus === undefined) return undefined;
  if (corpus !== "specimen" && corpus !== "sample")
    throw new WrongCommand(`there is no corpus "${corpus}"`, { advice: "specimen, sample, or --text with a folder" });
  if (text.length > 0) throw new WrongCommand("--corpus and --text both say what to read", { advice: "one of them" });
  return corpus;
}
