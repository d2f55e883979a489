/** Units of two charts by how much their weight differs. */
import { useState } from "preact/hooks";
import type { TraceDocument } from "../../../attribution/document.ts";
import { percent, signed, tokenText } from "../../../charts/text.ts";
import { Scroll } from "../story/scroll.tsx";
import type { DiffRow } from "./diff.ts";

export interface UnitsTableProps {
  readonly rows: readonly DiffRow[];
  readonly a: TraceDocument;
  readonly b: TraceDocument;
}

const few = 12;
const most = 200;

export function UnitsTable({ rows, a, b }: UnitsTableProps) {
  const [all, setAll] = useState(false);
  return (
    <>
      <h3>Units whose weight differs most</h3>
      <Scroll label="units whose weight differs most">
        <table class="diff-units">
          <thead>
            <tr>
              <th scope="col">unit</th>
              <th scope="col">at</th>
              <th scope="col">A</th>
              <th scope="col">B</th>
              <th scope="col">A − B</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, all ? most : few).map(row => {
              const { tokens } = row.a ? a : b;
              return (
                <tr key={row.key}>
                  <th scope="row" class={row.a && row.b ? "" : row.a ? "only-a" : "only-b"}>
                    {row.layer}.{row.index}
                  </th>
                  <td>{tokenText(tokens[tokens.length - 1 - row.fromEnd]?.text ?? "")}</td>
                  <td>{row.a ? percent(row.a.influence) : "–"}</td>
                  <td>{row.b ? percent(row.b.influence) : "–"}</td>
                  <td>{signed(100 * ((row.a?.influence ?? 0) - (row.b?.influence ?? 0)), 2)} points</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroll>
      {rows.length > few && (
        <button type="button" class="quiet" onClick={() => setAll(!all)}>
          {all ? "Fewer" : `The first ${Math.min(most, rows.length)} of ${rows.length}`}
        </button>
      )}
    </>
  );
}
