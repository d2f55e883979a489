/** A study's page: the verdict as a sentence, then what bears it out, every prompt one click away. */
import { escapeMarkup as e } from "../../charts/escape.ts";
import { visible } from "../../charts/text.ts";
import type { Finding, Guard, NullRun, Row } from "../finding.ts";
import type { StudyReport } from "../report-of.ts";
import { withInterval } from "../stats.ts";
import { draw } from "./draw.ts";
import { chip, page } from "./page.ts";

export function studyPage(report: StudyReport): string {
  return page(
    `${report.title} · ${report.model} · Lucida`,
    `<h1>${e(report.title)} · ${e(report.model)}</h1>${studyBody(report)}${smallPrint(report)}`,
  );
}

/** Without a head, for a page of many. */
export function studyBody(report: StudyReport): string {
  const { gate } = report;
  return `${chip(report.verdict)}
<p class="sentence">${e(report.sentence)}</p>
<p class="muted">${e(report.question)}</p>
<section><h2>Can it do it at all?</h2>
<p>Asked to ${e(report.ability)}, it is right in ${e(withInterval(gate.share))} of held-out prompts (${gate.measure === "exact" ? "the answer word for word" : "the right answer likelier than the wrong one"}); ${Math.round(100 * gate.need)} % are asked. Of training prompts: ${e(gate.training ? withInterval(gate.training) : "none")}.</p>
${gate.told ? `<p>Told apart: ${e(gate.told.map(toldWords).join("; "))}.</p>` : ""}
${prompts(gate.rows, "what was asked")}</section>
${report.findings.map(finding).join("\n")}
${report.note ? `<p class="muted">${e(report.note)}</p>` : ""}`;
}

function finding(f: Finding): string {
  return `<section><h2>${e(f.title)} ${chip(f.outcome)}${f.core ? "" : ' <span class="muted">shown, not judged</span>'}</h2>
<p>${e(f.claim)}</p>
<div class="charts">${f.charts.map(draw).join("\n")}</div>
<p>${e(f.why)}</p>
${f.selection ? `<p class="muted">Chosen: ${e(f.selection)}</p>` : ""}
${f.null ? `<p class="muted">${e(nullWords(f.null))}</p>` : ""}
${f.guard ? `<p class="muted">${e(guardWords(f.guard))}</p>` : ""}
${prompts(f.rows, "the prompts")}</section>`;
}

/** "shown in its training 96 % (…); never shown 40 % (…)" */
const toldWords = ({ label, value, share }: NonNullable<StudyReport["gate"]["told"]>[number]): string =>
  `${label === "shown" ? (value === "yes" ? "shown in its training" : "never shown") : `${label} ${value}`} ${withInterval(share)}`;

const nullWords = ({ kind, outcome, share }: NullRun): string =>
  `The same test with ${kind}, choosing included: ${share ? withInterval(share) : "nothing could be tested"} (${outcome}).`;

const guardWords = ({ before, after, random, texts, ok }: Guard): string =>
  `Unrelated text ${ok ? "stays unharmed" : "is harmed"}: ${before.toFixed(2)} nats a token as it is, ${after.toFixed(2)} with the change made in it, ${random.toFixed(2)} with a random one as large (${texts} texts).`;

function prompts(rows: readonly Row[], what: string): string {
  if (rows.length === 0) return "";
  const right = rows.filter(r => r.ok).length;
  const items = rows.map(
    r =>
      `<li>${r.ok ? "✓" : "✗"} <q>${e(visible(r.prompt))}</q> ${e(visible(r.before))}${r.after === undefined ? "" : ` → <b>${e(visible(r.after))}</b>`}${r.change ? `<span class="change">${e(visible(r.change))}</span>` : ""}</li>`,
  );
  return `<details><summary>${what}: ${right} of ${rows.length} as claimed</summary><ol class="rows">${items.join("\n")}</ol></details>`;
}

export const smallPrint = (r: Omit<StudyReport, "after"> & { after?: string | undefined }, counts = true): string =>
  `<p class="muted">${e(`${r.model}, ${r.weights}. ${counts ? `${r.items.training} training and ${r.items.heldOut} held-out prompts, dealt` : "Prompts are dealt into training and held-out"} by a hash; layers, places and units chosen on training prompts only; seed ${r.seed}. Intervals are 95 %. “live”: attention reacts to the change; “frozen”: it is as without it.${r.after ? ` After ${r.after}.` : ""}`)}</p>`;
