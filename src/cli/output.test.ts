import { expect, test } from "vitest";
import { bytes, colorsFor, duration, progressOn } from "./output.ts";

test("sizes and times are short and never 1000 of a unit", () => {
  expect([0, 999, 1000, 98_362_432, 999_600_000, 2.5e9].map(bytes)).toEqual([
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "98 MB",
    "1.0 GB",
    "2.5 GB",
  ]);
  expect([0, 0.2, 59, 59.5, 125, 4320].map(duration)).toEqual([
    "0 s",
    "1 s",
    "59 s",
    "1 min 00 s",
    "2 min 05 s",
    "1 h 12 min",
  ]);
});

function watch(isTTY: boolean) {
  let written = "";
  const clock = { time: 0 };
  const stream = { isTTY, columns: 60, write: (text: string) => (written += text) };
  const progress = progressOn(stream, () => clock.time);
  return { clock, progress, written: () => written };
}

test("in a terminal one line is rewritten, with the rate and the time left", () => {
  const { clock, progress, written } = watch(true);
  const phase = progress.start("fetching", { total: 100e6, unit: "bytes" });
  phase.update(0);
  clock.time = 2;
  phase.update(20e6);
  expect(written().split("\r").at(-1)).toBe("fetching  20 % · 20 MB of 100 MB · 10 MB/s · 8 s left\x1b[K");
  phase.end("fetched");
  expect(written().endsWith("\r\x1b[Kfetched\n")).toBe(true);
  expect(written().split("\n").length).toBe(2);
});

test("a line never wraps, and figures of the first second are not believed", () => {
  const { clock, progress, written } = watch(true);
  const phase = progress.start("x".repeat(70), { total: 10 });
  clock.time = 0.5;
  phase.update(5);
  expect(written().replace("\r", "").replace("\x1b[K", "").length).toBe(59);
  expect(written()).not.toMatch("left");
});

test("elsewhere short work says nothing, and long work a line every ten seconds", () => {
  const { clock, progress, written } = watch(false);
  const phase = progress.start("sweeping", { total: 100, unit: "targets" });
  for (clock.time = 0; clock.time <= 25; clock.time++) phase.update(clock.time * 4);
  phase.end();
  expect(written()).toBe(
    "sweeping  40 % · 40 of 100 targets · 15 s left\nsweeping  80 % · 80 of 100 targets · 5 s left\n",
  );
});

test("NO_COLOR and a pipe mean no colours", () => {
  expect(colorsFor({ isTTY: true }, {}).red("a")).toBe("\x1b[31ma\x1b[39m");
  expect(colorsFor({ isTTY: true }, { NO_COLOR: "1" }).red("a")).toBe("a");
  expect(colorsFor({ isTTY: false }, {}).red("a")).toBe("a");
  expect(colorsFor({ isTTY: false }, { FORCE_COLOR: "1" }).red("a")).toBe("\x1b[31ma\x1b[39m");
});
