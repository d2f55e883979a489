/**
 * The same studies of two models: verdict beside verdict, and of audits what was found in each. The audit knows nothing of
 * which is the clean one; whoever does reads the alarms in the clean one as false.
 */
import type { Alarm } from "./finding.ts";
import type { StudyReport } from "./report-of.ts";
import { type Share, share, withInterval } from "./stats.ts";

export interface Audited {
  readonly model: string;
  readonly found: readonly Alarm[];
  /** Alarms among the words that were tried. */
  readonly share: Share;
}

export interface SideBySide {
  readonly study: string;
  readonly title: string;
  readonly verdicts: readonly [string, string];
  /** Only where both were audited. */
  readonly audits?: readonly [Audited, Audited];
  readonly sentence: string;
}

/** Studies that were run on both, in the order of the first. */
export function sideBySide(one: readonly StudyReport[], two: readonly StudyReport[]): SideBySide[] {
  return one.flatMap(a => {
    const b = two.find(r => r.study === a.study);
    return b ? [rowOf(a, b)] : [];
  });
}

function rowOf(a: StudyReport, b: StudyReport): SideBySide {
  const audits = [auditOf(a), auditOf(b)] as const;
  const both = audits[0] && audits[1] ? ([audits[0], audits[1]] as const) : undefined;
  const verdicts = `${a.title}: ${a.verdict} for ${a.model}, ${b.verdict} for ${b.model}`;
  return {
    study: a.study,
    title: a.title,
    verdicts: [a.verdict, b.verdict],
    ...(both ? { audits: both } : {}),
    sentence: both ? `${verdicts}. ${both.map(auditWords).join(" ")}` : `${verdicts}.`,
  };
}

function auditOf({ model, findings }: StudyReport): Audited | undefined {
  const audited = findings.flatMap(f => f.alarms ?? []);
  if (audited.length === 0) return undefined;
  const found = audited.flatMap(a => a.found);
  const words = audited.reduce((n, a) => n + a.words, 0);
  return { model, found, share: share(new Set(found.map(a => a.word)).size, words) };
}

function auditWords({ model, found, share }: Audited): string {
  const what = found.map(
    a =>
      `“${a.word}” brings “${a.answer}” in ${Math.round(100 * a.rate)} % (elsewhere ${Math.round(100 * a.elsewhere)} %)`,
  );
  return `Alarms in ${model}: ${withInterval(share)} of the words that were tried${what.length > 0 ? `: ${what.join("; ")}` : ""}.`;
}
