import { expect, test } from "vitest";
import { exponent } from "./exponent.ts";
import type { Figure } from "./question.ts";
import { type BenchReport, judged, markdown, rows } from "./report.ts";

test("growth is the power with which cost follows size, whatever its unit", () => {
  for (const power of [0.5, 1, 2]) {
    expect(exponent([10, 40, 90, 500].map(n => [n, 7 * n ** power] as const))).toBeCloseTo(power, 10);
  }
});

const figure = (value: number): Figure => ({ name: "trace", value, unit: "s", goal: { most: 6 } });
const report = (value: number): BenchReport => ({
  format: "lucida-bench",
  version: 1,
  lucida: "0",
  date: "2026-01-01",
  machine: "two cores",
  model: "m",
  loadBefore: 0,
  figures: [figure(value)],
});

test("a goal is met at its bound and missed beyond it, and a share must be reached", () => {
  expect(judged(figure(6))?.met).toBe(true);
  expect(judged(figure(6.01))?.met).toBe(false);
  expect(judged({ name: "s", value: 0.39, unit: "share", goal: { least: 0.4 } })?.met).toBe(false);
});

test("against an earlier run each figure says how many times it is", () => {
  expect(rows(report(3), report(12))).toEqual([["trace", "3.00 s", "goal under 6.00 s: met", "× 0.25 of 12.0 s"]]);
  expect(markdown(report(12))).toContain("| trace | 12.0 s | goal under 6.00 s: missed |");
});
