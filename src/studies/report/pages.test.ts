import { expect, test } from "vitest";
import type { StudyReport } from "../report-of.ts";
import { share } from "../stats.ts";
import { cardPage } from "./card-page.ts";
import { studyPage } from "./study-page.ts";

const report: StudyReport = {
  format: "lucida-study",
  version: 1,
  study: "two-hop",
  title: "Two-hop facts",
  question: "Does it?",
  ability: "do it",
  model: "<script>alert(1)</script>",
  weights: "float32",
  seed: 1,
  ground: "any",
  verdict: "PARTIAL",
  sentence: "In part.",
  gate: {
    measure: "exact",
    share: share(9, 10),
    need: 0.5,
    passed: true,
    told: [
      { label: "shown", value: "no", share: share(2, 10) },
      { label: "shown", value: "yes", share: share(9, 10) },
    ],
    rows: [{ prompt: "a\nb", before: "x", after: "<b>y", ok: true }],
  },
  findings: [
    {
      test: "swap",
      title: "t",
      claim: "c",
      core: true,
      outcome: "partial",
      why: "40 % against 2 %",
      main: { name: "swapped", share: share(8, 20), attention: "live" },
      controls: [{ name: "random", share: share(1, 60), attention: "live" }],
      null: { kind: "random directions", outcome: "fails", share: share(1, 20), passes: false },
      need: 0.5,
      charts: [
        {
          kind: "bars",
          title: "bars",
          bars: [
            { name: "swapped", share: share(8, 20), attention: "live" },
            { name: "random", share: share(1, 60) },
          ],
          need: 0.5,
        },
        {
          kind: "lines",
          title: "lines",
          x: [0, 1, 2],
          xName: "layer",
          lines: [{ name: "one", y: [0, Number.NaN, 1] }],
          mark: 1,
        },
        { kind: "heat", title: "heat", rows: ["a"], columns: ["0", "1"], values: [[0.5, Number.NaN]] },
        { kind: "grid", title: "grid", size: 2, values: [0, 1, -1, 0.5] },
      ],
      rows: [],
    },
  ],
  items: { training: 10, heldOut: 10 },
  runs: 1,
};

test("what a model or a prompt is called stays text, and the page runs and loads nothing", () => {
  for (const html of [studyPage(report), cardPage(report.model, [report])]) {
    expect(html).not.toContain("<script");
    expect(html).not.toContain("<b>y");
    expect(html).not.toMatch(/(?:src|href)="(?!data:|#)/);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toContain("NaN");
  }
});

test("a reader meets the verdict as a sentence first, then n, interval, controls and what attention did", () => {
  const html = studyPage(report);
  expect(html.indexOf("In part.")).toBeLessThan(html.indexOf("Asked to"));
  for (const part of ["40 %", "n 20", "n 60", "live", "50 %", "(60–98, n = 10)"]) expect(html, part).toContain(part);
});

test("what came out on the null stands beside the test, and what was never shown beside what was", () => {
  const html = studyPage(report);
  expect(html).toContain("The same test with random directions, choosing included: 5 % (1–24, n = 20) (fails).");
  expect(html).toContain("never shown 20 % (6–51, n = 10); shown in its training 90 % (60–98, n = 10)");
});

test("a card says where not to believe it", () => {
  const html = cardPage("m", [report, { ...report, study: "x", verdict: "NOT APPLICABLE", sentence: "It cannot." }]);
  expect(html.slice(html.indexOf("Where not to believe it"))).toContain("It cannot.");
});
