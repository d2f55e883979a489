/** Results as a file: JSON lines (everything), CSV or Parquet (the columns of `columns.ts`). */
import { parquetWriteBuffer } from "hyparquet-writer";
import { type Column, cellsOf, columnsOf } from "./columns.ts";
import { csvLine } from "./csv.ts";
import type { RunResult } from "./result.ts";

export const tableFormats = ["jsonl", "csv", "parquet"] as const;
export type TableFormat = (typeof tableFormats)[number];

export function tableFile(results: readonly RunResult[], format: TableFormat): string | Uint8Array {
  switch (format) {
    case "jsonl":
      return results.map(result => `${JSON.stringify(result)}\n`).join("");
    case "csv": {
      const columns = columnsOf(results);
      const rows = results.map(result => csvLine(columns.map(column => column.of(result))));
      return [csvLine(columns.map(c => c.name)), ...rows].map(line => `${line}\r\n`).join("");
    }
    case "parquet":
      return parquet(results);
  }
}

const types = { text: "STRING", number: "DOUBLE", whole: "INT32", "yes or no": "BOOLEAN" } as const satisfies Record<
  Column["type"],
  string
>;

function parquet(results: readonly RunResult[]): Uint8Array {
  const columnData = columnsOf(results).map(column => ({
    name: column.name,
    type: types[column.type],
    nullable: true,
    // Half a surrogate pair has no UTF-8.
    data: cellsOf(column, results).map(cell => (typeof cell === "string" ? cell.replace(/\p{Cs}/gu, "\ufffd") : cell)),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: "lucida" }));
}
