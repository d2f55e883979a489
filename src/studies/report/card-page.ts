/** The report card: what a model can do, how it does it, how often its charts explain, and where not to believe them. */
import { escapeMarkup as e } from "../../charts/escape.ts";
import { visible } from "../../charts/text.ts";
import type { StudyReport } from "../report-of.ts";
import { average, percent, withInterval } from "../stats.ts";
import type { Works } from "../works.ts";
import { chip, page } from "./page.ts";
import { smallPrint, studyBody } from "./study-page.ts";

export function cardPage(model: string, reports: readonly StudyReport[], works?: Works): string {
  const can = reports.filter(r => r.gate.passed);
  const holds = reports.filter(r => r.verdict === "HOLDS");
  const doubt = reports.filter(r => r.verdict !== "HOLDS");
  const first = `Of ${reports.length} things that were asked, ${model} can do ${can.length}; of ${holds.length} we can show how.${works && works.share.n > 0 ? ` Its charts explain ${percent(works.share.value)} of the ${works.share.n} answers that were tried.` : ""}`;
  return page(
    `Report card of ${model} · Lucida`,
    `<h1>Report card · ${e(model)}</h1>
<p class="sentence">${e(first)}</p>
<section><h2>What it can do, and how</h2><div class="wide"><table>
<tr><th>asked</th><th>verdict</th><th>held-out prompts right</th><th>in a sentence</th></tr>
${reports.map(row).join("\n")}
</table></div></section>
${works ? charts(works) : ""}
<section><h2>Where not to believe it</h2>
${doubt.length === 0 ? "<p>Nothing failed here, which is rare: look at the intervals.</p>" : `<ul>${doubt.map(doubtful).join("\n")}</ul>`}
<p class="muted">A chart of a task that the model cannot do explains an accident. NOT APPLICABLE is an answer: it says that there is nothing to explain.</p></section>
${reports.map(r => `<details id="${e(r.study)}"><summary>${e(r.title)}: the whole study</summary>${studyBody(r)}</details>`).join("\n")}
${reports[0] ? smallPrint({ ...reports[0], after: undefined }, false) : ""}`,
  );
}

const row = (r: StudyReport): string =>
  `<tr><td><a href="#${e(r.study)}">${e(r.title)}</a></td><td>${chip(r.verdict)}</td><td>${e(withInterval(r.gate.share))}</td><td>${e(r.sentence)}</td></tr>`;

function doubtful(r: StudyReport): string {
  const why = r.findings
    .filter(f => f.core && f.outcome !== "holds")
    .map(f => `${f.title} ${f.outcome}${f.main ? `, ${percent(f.main.share.value)}` : ""}`);
  return `<li><b>${e(r.title)}</b>: ${e(r.verdict === "NOT APPLICABLE" ? r.sentence : why.join("; ") || r.sentence)}</li>`;
}

function charts({ share, charts }: Works): string {
  const known = charts.filter(c => c.sufficiency !== undefined);
  return `<section><h2>How often its charts work</h2>
<p>${e(`${withInterval(share)} of the charts that were tried work: at most 500 nodes, alone they bring about 80 to 125 % of the difference to the contrast, without them at least 60 % of it goes, and their boxes do what they say.`)} ${known.length > 0 ? e(`On average a chart alone brings about ${percent(average(known.map(c => c.sufficiency!)))}, and ${percent(average(known.map(c => c.necessity ?? 0)))} goes without it.`) : ""}</p>
<details><summary>${charts.length} charts</summary><ol class="rows">${charts
    .map(
      c =>
        `<li>${c.works ? "✓" : "✗"} <q>${e(visible(c.prompt))}</q> ${e(c.answer)}${c.sufficiency === undefined ? "" : ` · alone ${percent(c.sufficiency)}`}${c.necessity === undefined ? "" : ` · without it ${percent(c.necessity)} goes`}${c.reasons.length > 0 ? `<span class="change">${e(c.reasons.join("; "))}</span>` : ""}</li>`,
    )
    .join("\n")}</ol></details></section>`;
}
