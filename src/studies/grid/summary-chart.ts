/**
 * A grid's summary as one picture: a row for each slice (all, with and without the hint, each value), in it a bar for
 * each named answer's mean probability with its 95 % interval. Without named answers: what the model says, by how often.
 * Bars differ by shade and stand in the order of the legend, so that colour alone tells nothing.
 */
import { escapeMarkup as e } from "../../charts/escape.ts";
import { clipPixels, textWidth } from "../../charts/measure.ts";
import { light, type Palette } from "../../charts/palette.ts";
import { percent, visible } from "../../charts/text.ts";
import type { Share } from "../stats.ts";
import type { GridSummary, Slice } from "./summary.ts";

interface Row {
  readonly label: string;
  readonly heading?: boolean;
  readonly bars: readonly Share[];
}

const width = 720;
const labelWidth = 190;
const figureWidth = 130;
const bar = 12;
const pad = 16;
/** Beyond these many rows a picture is a table: the page has one. */
const mostRows = 60;

export function summaryChart(summary: GridSummary, palette: Palette = light): string {
  const { names, rows } = rowsOf(summary);
  const shown = rows.slice(0, mostRows);
  const parts: string[] = [];
  const x0 = pad + labelWidth;
  const long = width - x0 - pad - figureWidth;
  const at = (p: number) => x0 + long * Math.min(1, Math.max(0, p));
  const text = (x: number, y: number, size: number, fill: string, what: string, more = "") =>
    parts.push(`<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${more}>${e(what)}</text>`);
  let y = pad + 16;
  text(
    pad,
    y,
    15,
    palette.ink,
    `${summary.runs} runs${names.length > 0 ? ": mean probability of" : ": what the model says"}`,
    ' font-weight="600"',
  );
  if (names.length > 0) {
    y += 22;
    let x = pad;
    for (const [i, name] of names.entries()) {
      parts.push(`<rect x="${x}" y="${y - 10}" width="11" height="11" fill="${shade(palette, i)}"/>`);
      text(x + 16, y, 13, palette.ink, visible(name));
      x += 34 + textWidth(visible(name), 13);
    }
  }
  y += 12;
  const top = y;
  for (const row of shown) {
    const high = row.heading ? 26 : Math.max(22, row.bars.length * (bar + 2) + 8);
    const middle = y + high / 2;
    const label = clipPixels(visible(row.label), labelWidth - 12, 13, row.heading);
    text(
      pad,
      row.heading ? y + 20 : middle + 4,
      13,
      row.heading ? palette.muted : palette.ink,
      label,
      row.heading ? ' font-weight="600"' : "",
    );
    for (const [i, share] of row.bars.entries()) {
      if (share.n === 0) continue;
      const from = middle - (row.bars.length * (bar + 2)) / 2 + i * (bar + 2);
      const end = at(share.value);
      parts.push(
        `<rect x="${x0}" y="${from}" width="${Math.max(1, end - x0)}" height="${bar}" fill="${shade(palette, i)}"/>`,
      );
      if (share.n > 1) {
        const line = `M${at(share.low)} ${from + bar / 2}H${at(share.high)}M${at(share.low)} ${from + 3}v${bar - 6}M${at(share.high)} ${from + 3}v${bar - 6}`;
        parts.push(`<path d="${line}" stroke="${palette.ink}" fill="none"/>`);
      }
      text(
        width - pad,
        from + bar - 2,
        11,
        palette.muted,
        `${percent(share.value)} · n ${share.n}`,
        ' text-anchor="end"',
      );
    }
    y += high;
  }
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    p =>
      `<path d="M${at(p)} ${top}V${y}" stroke="${palette.faint}"/><text x="${at(p)}" y="${y + 14}" font-size="11" fill="${palette.muted}" text-anchor="middle">${100 * p} %</text>`,
  );
  y += 30;
  if (rows.length > shown.length) {
    text(pad, y, 12, palette.muted, `and ${rows.length - shown.length} more`);
    y += 20;
  }
  const title = `Summary of ${summary.runs} runs`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 4}" width="${width}" height="${y + 4}" role="img" aria-label="${title}" font-family="system-ui, sans-serif"><title>${title}</title><rect width="100%" height="100%" fill="${palette.paper}"/>${ticks.join("")}${parts.join("")}</svg>`;
}

/** From full to pale. */
function shade(palette: Palette, i: number): string {
  return [palette.positive, palette.negative, palette.fog, palette.muted][i % 4]!;
}

function rowsOf(summary: GridSummary): { names: string[]; rows: Row[] } {
  const names = Object.keys(summary.all.answers);
  if (names.length === 0) {
    return { names, rows: summary.said.map(({ text, share }) => ({ label: text, bars: [share] })) };
  }
  const row = (slice: Slice): Row => ({
    label: slice.name,
    bars: names.map(name => slice.answers[name]?.probability ?? { value: 0, n: 0, low: 0, high: 0 }),
  });
  return {
    names,
    rows: [
      row(summary.all),
      ...summary.compared.map(row),
      ...summary.by.flatMap(({ name, slices }) => [
        { label: `by ${name}`, heading: true, bars: [] },
        ...[...slices].sort((a, b) => level(b, names[0]!) - level(a, names[0]!)).map(row),
      ]),
    ],
  };
}

const level = (slice: Slice, name: string): number => slice.answers[name]?.probability.value ?? -1;
