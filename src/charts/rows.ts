/**
 * Which boxes stand side by side: rows from the bottom (tokens) to the top (the answer), such that every drawn link
 * goes up, a box whose layers all lie below another's never stands above it, and no row is wider than the sheet.
 */
import type { ChartBox } from "./box.ts";
import type { Chart } from "./chart.ts";

/** Rows of boxes, the lowest first; without tokens and without the answer. */
export function rowsOf(chart: Chart, fits: (row: readonly ChartBox[], next: ChartBox) => boolean): ChartBox[][] {
  const rows: ChartBox[][] = [];
  const rowOf = new Map<string, number>();
  const into = new Map<string, string[]>();
  for (const link of chart.links) {
    if (!link.drawn) continue;
    if (!into.has(link.target)) into.set(link.target, []);
    into.get(link.target)!.push(link.source);
  }
  const middle = (box: ChartBox) => (box.layers[0] + box.layers[1]) / 2;
  const clearly = chart.answer.layers[0] * 0.1;
  const done: ChartBox[] = [];
  for (const box of chart.boxes) {
    if (box.kind !== "units") continue;
    let row = 0;
    for (const source of into.get(box.id) ?? []) if (rowOf.has(source)) row = Math.max(row, rowOf.get(source)! + 1);
    for (const other of done) if (middle(other) + clearly <= middle(box)) row = Math.max(row, rowOf.get(other.id)!);
    while (rows[row] && !fits(rows[row]!, box)) row++;
    while (rows.length <= row) rows.push([]);
    rows[row]!.push(box);
    rowOf.set(box.id, row);
    done.push(box);
  }
  return rows.filter(row => row.length > 0);
}

/** The row's boxes from left to right: by position, and where that is the same, whichever order crosses fewest links. */
export function orderRow(chart: Chart, row: readonly ChartBox[], xOf: ReadonlyMap<string, number>): ChartBox[] {
  const lean = new Map(
    row.map(box => {
      let sum = 0;
      let weight = 0;
      for (const link of chart.links) {
        if (!link.drawn) continue;
        const other = link.source === box.id ? link.target : link.target === box.id ? link.source : undefined;
        if (other === undefined || !xOf.has(other)) continue;
        sum += xOf.get(other)! * link.share;
        weight += link.share;
      }
      return [box.id, weight > 0 ? sum / weight : 0];
    }),
  );
  const middle = (box: ChartBox) => (box.positions[0] + box.positions[1]) / 2;
  return [...row].sort((a, b) => middle(a) - middle(b) || lean.get(a.id)! - lean.get(b.id)! || a.number! - b.number!);
}
