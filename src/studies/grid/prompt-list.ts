/**
 * Rows of a grid from a text: JSON lines or CSV. A line is a prompt (a JSON string), or an object of values by name, of
 * which `prompt`, `ids`, `chat`, `answer`, `answers`, `versus` and `set` mean something by themselves.
 */
import { Problem } from "../../core/problem.ts";
import { isRecord, parseJson } from "../../formats/json.ts";
import { csvRows } from "./csv.ts";
import type { GridRow } from "./grid.ts";

/** By the file's ending: .csv is CSV, .txt one prompt a line, everything else JSON lines. Problems name file and line. */
export function readRows(text: string, file: string): GridRow[] {
  const body = text.replace(/^\uFEFF/, "");
  const rows = /\.csv$/i.test(file)
    ? csvRows(body, file).map(values => rowOf(values, file))
    : lines(body).map(({ line, number }) => {
        const where = `${file}, line ${number}`;
        return /\.txt$/i.test(file) ? { values: {}, prompt: line } : rowOf(parseJson(line, where), where);
      });
  if (rows.length === 0) throw new Problem("there are no rows", { where: `in ${file}` });
  return rows;
}

function lines(text: string): { line: string; number: number }[] {
  return text
    .split(/\r?\n/)
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "");
}

function rowOf(value: unknown, where: string): GridRow {
  if (typeof value === "string") return { values: {}, prompt: value };
  if (!isRecord(value)) {
    throw new Problem("a row is neither a prompt in quotes nor an object", {
      where: `in ${where}`,
      advice: '{"prompt": "…"} or {"city": "Dallas", "capital": "Austin"}',
    });
  }
  const values: Record<string, string> = {};
  for (const [name, v] of Object.entries(value)) {
    if (typeof v === "string") values[name] = v;
    else if (typeof v === "number" || typeof v === "boolean") values[name] = String(v);
  }
  const { prompt, ids, answer, answers, versus, set, chat } = value;
  for (const name of ["prompt", "chat"]) delete values[name];
  const named = {
    ...(typeof answer === "string" ? { answer } : {}),
    ...(isRecord(answers) ? (answers as Record<string, string>) : {}),
  };
  const own = Array.isArray(ids) ? ids : prompt;
  const sentences = typeof set === "string" && set !== "" ? [set] : set;
  check(own === undefined || typeof own === "string" || isIds(own), "a prompt is a text, ids are whole numbers", where);
  check(
    Object.values(named).every(v => typeof v === "string"),
    "answers are texts by name",
    where,
  );
  check(sentences === undefined || isTexts(sentences), "set is a sentence, or a list of them", where);
  return {
    values,
    ...(own === undefined ? {} : { prompt: own }),
    ...(chat === true || chat === "true" ? { chat: true } : {}),
    ...(Object.keys(named).length > 0 ? { answers: escaped(named) } : {}),
    ...(typeof versus === "string" ? { versus: brace(versus) } : {}),
    ...(sentences === undefined ? {} : { set: sentences.map(brace) }),
  };
}

// A row's own texts are texts, and what they go through are templates.
const brace = (text: string): string => text.replace(/[{}]/g, found => found + found);
const escaped = (named: Record<string, string>) =>
  Object.fromEntries(Object.entries(named).map(([name, text]) => [name, brace(text)]));

const isIds = (v: unknown): v is number[] => Array.isArray(v) && v.every(id => Number.isInteger(id) && id >= 0);
const isTexts = (v: unknown): v is string[] => Array.isArray(v) && v.every(t => typeof t === "string");

function check(holds: boolean, what: string, where: string): asserts holds {
  if (!holds) throw new Problem(what, { where: `in ${where}` });
}
