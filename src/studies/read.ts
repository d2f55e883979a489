/**
 * A study from a file: YAML (or JSON, which is YAML), read as data. Nothing in it is executed: it can name prompts, labels
 * and tests that exist here, and no more.
 */
import { parse, YAMLParseError } from "yaml";
import { Problem } from "../core/problem.ts";
import { type Study, study } from "./study.ts";

/** Larger than any list of prompts that a person writes; Lucida's own are below 10 kB. */
const LARGEST = 2_000_000;

/** Throws a Problem that says which field, where, and what could stand there. */
export function readStudy(text: string, name: string): Study {
  if (text.length > LARGEST)
    throw new Problem(`a study of ${text.length} characters; ${LARGEST} are the most`, { where: `in ${name}` });
  let data: unknown;
  try {
    // No tags of our own, and few aliases: a small file cannot grow into a large one.
    data = parse(text, { maxAliasCount: 50, prettyErrors: true });
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0]?.line : undefined;
    throw new Problem(`this is not YAML: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`, {
      where: `in ${name}${line === undefined ? "" : `, line ${line}`}`,
      advice: "lucida study new my-study, for a file that works",
    });
  }
  const read = study.safeParse(data);
  if (read.success) return read.data;
  const issue = read.error.issues[0]!;
  throw new Problem(`${path(issue.path)}: ${issue.message}`, {
    where: `in ${name}`,
    advice: "docs/how-it-works/studies.md, which lists every field, or lucida study new for a file that works",
  });
}

/** grounds[0].tests[1].at */
function path(parts: readonly PropertyKey[]): string {
  if (parts.length === 0) return "the document";
  return parts.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part + 1}]` : text === "" ? String(part) : `${text}.${String(part)}`,
    "",
  );
}
