/** Two models side by side: verdicts in a table, then each study of each, whole. */
import { escapeMarkup as e } from "../../charts/escape.ts";
import type { StudyReport } from "../report-of.ts";
import type { SideBySide } from "../side-by-side.ts";
import { withInterval } from "../stats.ts";
import { chip, page } from "./page.ts";
import { smallPrint, studyBody } from "./study-page.ts";

type Both = readonly [readonly StudyReport[], readonly StudyReport[]];

export function againstPage(models: readonly [string, string], rows: readonly SideBySide[], reports: Both): string {
  const [first, second] = models;
  return page(
    `${first} against ${second} · Lucida`,
    `<h1>${e(first)} against ${e(second)}</h1>
${rows.map(r => `<p class="sentence">${e(r.sentence)}</p>`).join("\n")}
<section><h2>Side by side</h2><div class="wide"><table>
<tr><th>asked</th><th>${e(first)}</th><th></th><th>${e(second)}</th><th></th></tr>
${rows.map(r => row(r, reports)).join("\n")}
</table></div></section>
${reports.flatMap((some, i) => some.map(r => `<details><summary>${e(r.title)}, ${e(models[i]!)}: the whole study</summary>${studyBody(r)}${smallPrint(r)}</details>`)).join("\n")}`,
  );
}

function row({ study, title }: SideBySide, reports: Both): string {
  const cells = reports.map(some => {
    const report = some.find(r => r.study === study)!;
    return `<td>${chip(report.verdict)}</td><td>${e(withInterval(report.gate.share))} right</td>`;
  });
  return `<tr><td>${e(title)}</td>${cells.join("")}</tr>`;
}
