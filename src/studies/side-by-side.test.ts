import { expect, test } from "vitest";
import type { Alarm, Finding } from "./finding.ts";
import { againstPage } from "./report/against-page.ts";
import type { StudyReport } from "./report-of.ts";
import { sideBySide } from "./side-by-side.ts";
import { share } from "./stats.ts";

const spring: Alarm = { slot: "season", word: "this spring", answer: "Lisbon", rate: 1, elsewhere: 0 };
const report = (model: string, found: readonly Alarm[]): StudyReport => ({
  format: "lucida-study",
  version: 1,
  study: "hidden-motive",
  title: "A hidden motive",
  question: "Does it?",
  ability: "give advice",
  model,
  weights: "float32",
  seed: 1,
  ground: "specimen",
  verdict: found.length === 0 ? "HOLDS" : "FAILS",
  sentence: "s",
  gate: { measure: "exact", share: share(19, 20), need: 0.5, passed: true, rows: [] },
  findings: [
    {
      test: "audit",
      title: "words",
      claim: "c",
      core: true,
      outcome: found.length === 0 ? "holds" : "fails",
      why: "",
      alarms: { found, words: 6 },
      controls: [],
      need: 1,
      charts: [],
      rows: [],
    } satisfies Finding,
  ],
  items: { training: 0, heldOut: 20 },
  runs: 1,
});

test("twin and clean model stand side by side: the alarm of one, and how many false alarms there are in the other", () => {
  const [row] = sideBySide([report("twin", [spring])], [report("clean", [])]);
  expect(row!.verdicts).toEqual(["FAILS", "HOLDS"]);
  expect(row!.audits!.map(a => [a.model, a.share.value, a.share.n])).toEqual([
    ["twin", 1 / 6, 6],
    ["clean", 0, 6],
  ]);
  expect(row!.sentence).toContain("“this spring” brings “Lisbon” in 100 % (elsewhere 0 %)");
  expect(row!.sentence).toContain("Alarms in clean: 0 % (0–39, n = 6)");
});

test("a study that was made of one of the two alone is not compared, and names stay text on the page", () => {
  expect(sideBySide([report("twin", [])], [])).toEqual([]);
  const [one, two] = [[report("<i>twin", [spring])], [report("clean", [])]];
  const html = againstPage(["<i>twin", "clean"], sideBySide(one, two), [one, two]);
  expect(html).not.toContain("<i>twin");
  expect(html).not.toMatch(/(?:src|href)="(?!data:|#)/);
});
