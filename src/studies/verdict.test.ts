import { expect, test } from "vitest";
import { againstNull, type Finding, judge } from "./finding.ts";
import type { GateResult } from "./report-of.ts";
import { auroc, share } from "./stats.ts";
import { verdictOf } from "./verdict.ts";

const gate = (passed: boolean): GateResult => ({ measure: "exact", share: share(9, 10), need: 0.5, passed, rows: [] });
const finding = (outcome: Finding["outcome"], more: Partial<Finding> = {}): Finding => ({
  test: "swap",
  title: "t",
  claim: "c",
  core: true,
  outcome,
  why: "",
  controls: [],
  need: 0.5,
  charts: [],
  rows: [],
  ...more,
});

test("a test holds only where its interval lies above every control's, and it is void where a control passes by itself", () => {
  expect(judge(share(36, 40), [share(2, 120)], 0.5)).toBe("holds");
  expect(judge(share(14, 40), [share(2, 120)], 0.5)).toBe("partial");
  expect(judge(share(3, 40), [share(8, 120)], 0.5)).toBe("fails");
  expect(judge(share(39, 40), [share(70, 120)], 0.5)).toBe("void");
  // Four of four is not evidence.
  expect(judge(share(4, 4), [share(0, 12)], 0.5)).toBe("not tested");
  expect(judge(share(2, 20), [share(15, 20)], 0.5)).toBe("fails");
});

test("a test that passes on its null as well is void, and takes its study with it", () => {
  const main = { name: "m", share: share(36, 40) };
  const held = finding("holds", { main });
  const passed = againstNull(held, "random directions", finding("holds", { main }));
  expect(passed.outcome).toBe("void");
  expect(passed.why).toContain("With random directions the same test comes out as well (90 %");
  expect(verdictOf(gate(true), [finding("holds"), passed])).toBe("VOID");
  // Its controls reach what is asked on the null: so does the null.
  expect(againstNull(held, "random directions", finding("void")).outcome).toBe("void");
  const failed = againstNull(held, "shuffled labels", finding("fails", { main: { name: "m", share: share(1, 40) } }));
  expect(failed).toMatchObject({
    outcome: "holds",
    null: { kind: "shuffled labels", outcome: "fails", passes: false },
  });
  expect(againstNull(finding("partial"), "shuffled labels", finding("partial")).outcome).toBe("void");
  expect(againstNull(finding("holds"), "shuffled labels", finding("partial")).outcome).toBe("holds");
});

test("a model that fails the gate gets NOT APPLICABLE, whatever the tests say", () => {
  expect(verdictOf(gate(false), [finding("holds")])).toBe("NOT APPLICABLE");
  expect(verdictOf(gate(true), [finding("not tested")])).toBe("NOT APPLICABLE");
});

test("one void core test voids the study; one that is only shown does not", () => {
  expect(verdictOf(gate(true), [finding("holds"), finding("void")])).toBe("VOID");
  expect(verdictOf(gate(true), [finding("holds"), finding("void", { core: false })])).toBe("HOLDS");
});

test("a change that harms unrelated text takes HOLDS away", () => {
  const guard = { before: 1, after: 3, random: 1.1, texts: 10, ok: false };
  expect(verdictOf(gate(true), [finding("holds", { guard })])).toBe("PARTIAL");
  expect(verdictOf(gate(true), [finding("fails"), finding("fails")])).toBe("FAILS");
  expect(verdictOf(gate(true), [finding("holds"), finding("fails")])).toBe("PARTIAL");
  // What could not be tested has not been shown.
  expect(verdictOf(gate(true), [finding("holds"), finding("not tested")])).toBe("PARTIAL");
});

test("intervals and areas agree with values worked out by hand", () => {
  const s = share(8, 10);
  expect(s.low).toBeCloseTo(0.4902, 3);
  expect(s.high).toBeCloseTo(0.9433, 3);
  expect(auroc([3, 2], [1, 2])).toBe(0.875);
});
