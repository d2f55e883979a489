/** Results as a table: one row a run, plain columns, for spreadsheets and data frames. What a row lacks is empty. */
import { internal } from "../../core/problem.ts";
import type { Prediction, RunResult } from "./result.ts";

export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: "text" | "number" | "whole" | "yes or no";
  of(result: RunResult): Cell;
}

/** The columns that these results fill, in a fixed order: values under their own names, then what the model said. */
export function columnsOf(results: readonly RunResult[]): Column[] {
  const columns: Column[] = [];
  const put = (name: string, type: Column["type"], of: (r: RunResult) => Cell | undefined) => {
    if (!results.some(r => of(r) !== undefined)) return;
    // A value may be called as one of ours is.
    const taken = columns.some(c => c.name === name);
    columns.push({ name: taken ? `value_${name}` : name, type, of: r => of(r) ?? null });
  };
  put("id", "text", r => r.id);
  put("prompt", "text", r => r.prompt);
  put("hint", "yes or no", r => r.hint);
  put("seed", "whole", r => r.seed);
  put("tokens", "whole", r => r.tokens);
  for (const name of namesIn(results, r => r.values)) put(name, "text", r => r.values?.[name]);
  put("interventions", "text", r => r.set?.join("; "));
  said("", r => (r.top ? (r as Prediction) : undefined), results, put);
  put("text", "text", r => r.text);
  said("before_", r => r.before, results, put);
  put("before_text", "text", r => r.before?.text);
  for (const name of namesIn(results, r => r.units)) put(`unit_${name}`, "number", r => r.units?.[name]);
  put("chart_target", "text", r => r.trace?.target);
  put("chart_value", "number", r => r.trace?.value);
  put("chart_explained", "number", r => r.trace?.coverage.explained);
  put("chart_error", "number", r => r.trace?.coverage.error);
  put("chart_hidden", "number", r => r.trace?.coverage.hidden);
  put("chart_boxes", "text", r => r.trace?.boxes.map(b => b.label).join("; "));
  put("chart_works", "yes or no", r => r.trace?.verify?.works);
  put("chart_sufficiency", "number", r => r.trace?.verify?.sufficiency);
  put("chart_necessity", "number", r => r.trace?.verify?.necessity);
  put("problem", "text", r => r.error?.what);
  return columns;
}

function said(
  prefix: string,
  part: (r: RunResult) => Prediction | undefined,
  results: readonly RunResult[],
  put: (name: string, type: Column["type"], of: (r: RunResult) => Cell | undefined) => void,
): void {
  put(`${prefix}top`, "text", r => part(r)?.top[0]?.text);
  put(`${prefix}top_probability`, "number", r => part(r)?.top[0]?.probability);
  for (const name of namesIn(results, r => part(r)?.answers)) {
    const answer = (r: RunResult) => part(r)?.answers?.[name];
    put(`${prefix}${name}_probability`, "number", r => answer(r)?.probability);
    put(`${prefix}${name}_logit`, "number", r => answer(r)?.logit);
    put(`${prefix}${name}_rank`, "whole", r => answer(r)?.rank);
  }
}

/** Names in the order in which they first appear. */
export function namesIn(
  results: readonly RunResult[],
  of: (r: RunResult) => Readonly<Record<string, unknown>> | undefined,
): string[] {
  const names = new Set<string>();
  for (const result of results) for (const name of Object.keys(of(result) ?? {})) names.add(name);
  return [...names];
}

/** A column's cells; a bug of ours when one is of another type than the column says. */
export function cellsOf(column: Column, results: readonly RunResult[]): Cell[] {
  const expected = { text: "string", number: "number", whole: "number", "yes or no": "boolean" }[column.type];
  return results.map(result => {
    const cell = column.of(result);
    if (cell !== null && typeof cell !== expected) throw internal(`${column.name} holds a ${typeof cell}`);
    return cell;
  });
}
