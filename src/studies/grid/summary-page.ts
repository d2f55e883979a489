/**
 * A grid as one page that opens anywhere, without scripts: the picture, the figures with n and interval, and every
 * prompt with what the model said, folded away. Long grids show their first runs and say where the rest is.
 */
import { escapeMarkup as e } from "../../charts/escape.ts";
import { dark, light } from "../../charts/palette.ts";
import { percent, signed, visible } from "../../charts/text.ts";
import { type Share, withInterval } from "../stats.ts";
import type { RunResult } from "./result.ts";
import type { GridSummary, Slice } from "./summary.ts";
import { summaryChart } from "./summary-chart.ts";

export interface PageAbout {
  /** What was asked: the template, or the list's name. */
  readonly title: string;
  readonly model: string;
  /** Version of Lucida. */
  readonly lucida: string;
  /** The file with all runs. */
  readonly file: string;
}

/** So many runs stand on the page: a megabyte or so. */
const mostRuns = 2_000;

const style = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem;color:${light.ink};background:${light.paper}}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid ${light.faint};vertical-align:top}
.scroll,.day,.night{overflow-x:auto}svg{width:100%;min-width:600px;height:auto}.muted{color:${light.muted}}summary{cursor:pointer;padding:.2rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0}.night{display:none}
@media(prefers-color-scheme:dark){body{color:${dark.ink};background:${dark.paper}}th,td{border-color:${dark.faint}}.muted{color:${dark.muted}}.day{display:none}.night{display:block}}`;

export function summaryPage(summary: GridSummary, results: readonly RunResult[], about: PageAbout): string {
  const left = results.length - mostRuns;
  const parts = [
    `<h1>${e(visible(about.title))}</h1>`,
    `<p class="muted">${e(`${summary.runs} runs · ${about.model} · Lucida ${about.lucida}`)}</p>`,
    problems(summary),
    `<div class="day">${summaryChart(summary, light)}</div><div class="night">${summaryChart(summary, dark)}</div>`,
    figures(summary),
    charts(summary),
    "<h2>Every run</h2>",
    ...results.slice(0, mostRuns).map(run),
    left > 0 ? `<p>${left} more runs are in ${e(about.file)}.</p>` : "",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${e(visible(about.title))} · Lucida</title>
<style>${style}</style>
</head>
<body><main>
${parts.filter(Boolean).join("\n")}
</main></body>
</html>
`;
}

function problems({ problems, runs }: GridSummary): string {
  if (problems.length === 0) return "";
  const rows = problems.map(p => `<li>${p.runs} of ${runs}: ${e(visible(p.what))}</li>`);
  return `<p>Some runs could not be done, and are not in the figures:</p><ul>${rows.join("")}</ul>`;
}

function figures(summary: GridSummary): string {
  const names = Object.keys(summary.all.answers);
  if (names.length === 0) return "";
  const head = ["", ...names.flatMap(name => [`${name}: mean probability`, `${name}: said first`])];
  const row = (slice: Slice) => [
    slice.name,
    ...names.flatMap(name => {
      const a = slice.answers[name];
      return a ? [withInterval(a.probability), withInterval(a.first)] : ["–", "–"];
    }),
  ];
  const moved = Object.entries(summary.moved ?? {}).map(
    ([name, by]) => `<p>${e(`${name} moves by ${points(by)}, run by run.`)}</p>`,
  );
  return [
    "<h2>Figures</h2>",
    table(head, [summary.all, ...summary.compared].map(row)),
    ...moved,
    ...summary.by.map(({ name, slices }) => `<h2>By ${e(name)}</h2>${table(head, slices.map(row))}`),
    '<p class="muted">Intervals are 95 %: resampled for means, Wilson’s for shares.</p>',
  ].join("\n");
}

const points = (s: Share): string =>
  `${signed(100 * s.value, 1)} points (${signed(100 * s.low, 1)} to ${signed(100 * s.high, 1)}, n = ${s.n})`;

function charts({ charts: c }: GridSummary): string {
  if (!c) return "";
  const lines = [
    `explained by what the chart shows: ${withInterval(c.explained)}`,
    ...(c.works ? [`charts that work: ${withInterval(c.works)}`] : []),
    ...(c.sufficiency ? [`sufficiency: ${withInterval(c.sufficiency)}`] : []),
  ];
  const boxes = c.boxes.map(b => `<li>${e(visible(b.label))}: ${b.runs}</li>`);
  return `<h2>Charts</h2><ul>${lines.map(l => `<li>${e(l)}</li>`).join("")}</ul><p>Boxes, by the number of runs that have one:</p><ol>${boxes.join("")}</ol>`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="scroll"><table><tr>${head.map(h => `<th scope="col">${e(visible(h))}</th>`).join("")}</tr>${rows
    .map(cells => `<tr>${cells.map(c => `<td>${e(visible(c))}</td>`).join("")}</tr>`)
    .join("")}</table></div>`;

function run(result: RunResult): string {
  const said = result.error ? "could not be done" : (result.text ?? result.top?.[0]?.text ?? "");
  const line = `${result.hint ? "hint · " : ""}${clip(visible(result.prompt), 90)} → ${clip(visible(said), 60)}`;
  const words = (top: RunResult["top"]) =>
    (top ?? []).map(w => `${visible(w.text)} ${percent(w.probability)}`).join(" · ");
  const details = [
    visible(result.prompt),
    ...(result.set ?? []).map(s => `with: ${s}`),
    ...(result.text === undefined ? [] : [`writes: ${visible(result.text)}`]),
    ...(result.before ? [`before: ${words(result.before.top)}`] : []),
    ...(result.top ? [`next: ${words(result.top)}`] : []),
    ...Object.entries(result.answers ?? {}).map(
      ([n, a]) => `${n} ${visible(a.text)}: ${percent(a.probability)}, rank ${a.rank}`,
    ),
    ...(result.trace?.sentences.map(visible) ?? []),
    ...(result.error ? [result.error.what, result.error.advice ? `try ${result.error.advice}` : ""] : []),
  ];
  return `<details><summary>${e(line)}</summary><pre>${e(details.filter(Boolean).join("\n"))}</pre></details>`;
}

const clip = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
