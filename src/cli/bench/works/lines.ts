/** A works rate in lines for people: what failed first. */
import { wayInWords, waysToChoose } from "../../../attribution/verify/curve.ts";
import { percent, withInterval } from "../../../studies/stats.ts";
import type { WorksSummary } from "./summary.ts";

export function worksLines(summary: WorksSummary, quick: boolean): string[] {
  const lines: string[] = [];
  const test = quick ? "suffice and are needed (boxes not tested)" : "work";
  if (summary.failed.length > 0) {
    lines.push(`${summary.failed.length} pairs could not be measured:`);
    for (const { prompt, why } of summary.failed) lines.push(`  ${JSON.stringify(prompt)}: ${why}`);
  }
  if (summary.reasons.length > 0) lines.push("why charts fail:");
  for (const { reason, pairs } of summary.reasons) lines.push(`  ${String(pairs).padStart(4)}  ${reason}`);
  lines.push("", `charts that ${test}: ${withInterval(summary.works)}`);
  // Side by side: what is balanced by looking at the result must not be told without what it is measured against.
  lines.push("suffice and are needed, boxes left out:");
  lines.push(
    `  as charted${summary.sufficesAlike ? ", what is left out balanced" : ""}: ${withInterval(summary.suffices)}`,
  );
  if (summary.sufficesAlike) lines.push(`  units for and against chosen alike: ${withInterval(summary.sufficesAlike)}`);
  if (summary.sufficesByChance)
    lines.push(`  as many units at random, balanced likewise: ${withInterval(summary.sufficesByChance)}`);
  if (summary.medianSufficiency !== undefined)
    lines.push(
      `  medians: alone ${percent(summary.medianSufficiency)}, without it ${percent(summary.medianNecessity ?? Number.NaN)} is lost, ${summary.medianNodes} nodes` +
        (summary.medianFactor === undefined
          ? ""
          : `; opposers from ${summary.medianFactor.toFixed(2)} × the size on, ${percent(summary.medianAgainst ?? 0)} of the units`),
    );
  lines.push("", "by category:");
  const width = Math.max(...Object.keys(summary.byCategory).map(name => name.length));
  for (const [name, s] of Object.entries(summary.byCategory)) lines.push(`  ${name.padEnd(width)}  ${withInterval(s)}`);
  const sizes = summary.curve.balanced?.map(row => row.nodes) ?? [];
  if (sizes.length > 0) {
    lines.push("", "sufficiency / necessity (medians), and share of pairs where both do, by number of nodes:");
    const label = Math.max(...waysToChoose.map(way => wayInWords[way].length));
    const cell = (text: string) => text.padStart(17);
    lines.push(`  ${"".padEnd(label)}${sizes.map(n => cell(String(n))).join("")}`);
    for (const way of waysToChoose) {
      const cells = summary.curve[way]!.map(row =>
        cell(`${row.sufficiency.toFixed(2)} / ${row.necessity.toFixed(2)} ${percent(row.enough.value).padStart(5)}`),
      );
      lines.push(`  ${wayInWords[way].padEnd(label)}${cells.join("")}`);
    }
    const n80 = (way: "balanced" | "alike" | "plain") =>
      summary.n80[way] == null ? `over ${sizes.at(-1)}` : `${summary.n80[way]}`;
    lines.push(
      `  N80 (fewest nodes for 0.8, median): ${n80("balanced")}; chosen alike ${n80("alike")}; plain RelP ${n80("plain")}`,
    );
  }
  if (summary.medianSeconds !== undefined) lines.push("", `${summary.medianSeconds.toFixed(1)} s a pair (median)`);
  return lines;
}
