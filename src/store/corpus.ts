/**
 * Text from what a person names: files, folders of text, JSONL. A piece at a time, in the order of names, so that a
 * corpus larger than memory passes through, and the same folder gives the same pieces every time.
 */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { Problem } from "../core/problem.ts";
import { systemProblem } from "./system-problem.ts";

export interface CorpusFile {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds: when it was changed last. */
  readonly changed: number;
}

/** Files that are text by their names; of a folder only these are read. */
const textNames = new Set([".txt", ".md", ".rst", ".jsonl", ".ndjson", ".html", ".tex"]);
const codeNames = new Set([
  ".py",
  ".js",
  ".ts",
  ".c",
  ".h",
  ".cpp",
  ".java",
  ".go",
  ".rs",
  ".rb",
  ".sh",
  ".css",
  ".sql",
]);
const isLines = (path: string): boolean => /\.(jsonl|ndjson)$/i.test(path);

/** A long file is handed on in pieces of about this many characters, cut at a line's end. */
const pieceLength = 20_000;
/** A line longer than this is no text that a person wrote. */
const mostLine = 1 << 20;
/** Fields of a JSONL record that hold its text, the first that is there. */
const fields = ["text", "content", "body", "document", "story", "sentence"];

/** The files that the paths mean. Throws a Problem for a path that is not there or a folder without text. */
export async function corpusFiles(paths: readonly string[]): Promise<CorpusFile[]> {
  const found: CorpusFile[] = [];
  for (const path of paths) {
    const info = await stat(path).catch(error => {
      throw systemProblem(error, path, "read");
    });
    if (!info.isDirectory()) found.push({ path, bytes: info.size, changed: info.mtimeMs });
    else {
      const inside = (await readdir(path, { recursive: true, withFileTypes: true }))
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name))
        .filter(file => textNames.has(extname(file).toLowerCase()) || codeNames.has(extname(file).toLowerCase()))
        .sort();
      if (inside.length === 0)
        throw new Problem(`there is no text in ${path}`, { advice: "a folder with .txt, .md, .jsonl or source files" });
      for (const file of inside) {
        const { size, mtimeMs } = await stat(file);
        found.push({ path: file, bytes: size, changed: mtimeMs });
      }
    }
  }
  return found;
}

/** The texts of these files: a JSONL record each, or pieces of a file. */
export async function* textsOf(files: readonly CorpusFile[]): AsyncGenerator<string, void, undefined> {
  for (const { path } of files) {
    const input = createReadStream(path, { encoding: "utf8" });
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    try {
      let piece: string[] = [];
      let size = 0;
      let number = 0;
      for await (const line of lines) {
        number++;
        if (line.includes("\0")) throw new Problem("this is no text: it holds zero bytes", { where: `in ${path}` });
        if (isLines(path)) {
          if (line.trim() !== "") yield recordText(line, path, number);
          continue;
        }
        piece.push(line.slice(0, mostLine));
        size += line.length + 1;
        if (size >= pieceLength) {
          yield piece.join("\n");
          piece = [];
          size = 0;
        }
      }
      if (size > 0) yield piece.join("\n");
    } catch (error) {
      throw systemProblem(error, path, "read");
    } finally {
      lines.close();
      input.destroy();
    }
  }
}

function recordText(line: string, path: string, number: number): string {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    throw new Problem("this line is no JSON", { where: `at line ${number} of ${path}` });
  }
  if (typeof record === "string") return record;
  if (typeof record === "object" && record !== null)
    for (const field of fields) {
      const value = (record as Record<string, unknown>)[field];
      if (typeof value === "string") return value;
    }
  throw new Problem(`the record has no text: none of ${fields.join(", ")}`, { where: `at line ${number} of ${path}` });
}
