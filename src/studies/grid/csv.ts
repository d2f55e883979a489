/** CSV (RFC 4180): a line of names, then rows of as many fields. Commas; quotes doubled inside quotes. */
import { Problem } from "../../core/problem.ts";

/** Throws a Problem for a row of another width, a name given twice, or a quote that never ends. */
export function csvRows(text: string, file: string): Record<string, string>[] {
  const [names, ...rows] = fields(text, file);
  if (!names) return [];
  const twice = names.fields.find((name, i) => names.fields.indexOf(name) !== i);
  if (twice !== undefined)
    throw new Problem(`the column ${JSON.stringify(twice)} is there twice`, { where: `in ${file}` });
  return rows.map(row => {
    if (row.fields.length !== names.fields.length) {
      throw new Problem(`a row has ${row.fields.length} fields, the first line has ${names.fields.length} names`, {
        where: `in ${file}, line ${row.line}`,
        advice: "quotes around fields that hold a comma",
      });
    }
    return Object.fromEntries(names.fields.map((name, i) => [name.trim(), row.fields[i]!]));
  });
}

export function csvLine(fields: readonly (string | number | boolean | null | undefined)[]): string {
  return fields.map(field => quoted(field === null || field === undefined ? "" : String(field))).join(",");
}

// Spaces at the ends are quoted too: " Austin" is another token than "Austin", and some readers trim.
const quoted = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function fields(text: string, file: string): { fields: string[]; line: number }[] {
  const rows: { fields: string[]; line: number }[] = [];
  let row: string[] = [];
  let field = "";
  let line = 1;
  let from = 1;
  const end = () => {
    row.push(field);
    field = "";
    if (row.length > 1 || row[0] !== "") rows.push({ fields: row, line: from });
    row = [];
    from = line;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"' && field === "") {
      for (i++; text[i] !== '"' || text[i + 1] === '"'; i++) {
        if (i >= text.length) throw new Problem("a quote never ends", { where: `in ${file}, line ${from}` });
        if (text[i] === '"') i++;
        if (text[i] === "\n") line++;
        field += text[i];
      }
    } else if (c === ",") {
      row.push(field);
      field = "";
    } else if (c === "\n") {
      line++;
      end();
    } else if (c !== "\r") field += c;
  }
  if (field !== "" || row.length > 0) end();
  return rows;
}
