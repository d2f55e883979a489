import { expect, test } from "vitest";
import { examplesLabel, type Told } from "./examples-label.ts";

/** A text whose token in [brackets] is where the unit peaks; it is still elsewhere. */
function told(window: number, text: string, value = 10): Told {
  const words = text.split(" ");
  const at = words.findIndex(w => w.startsWith("["));
  const tokens = words.map(w => ` ${w.replace(/[[\]]/g, "")}`);
  const acts = tokens.map((_, t) => (t === at ? 127 : 0));
  return { example: { window, at, value, scale: value, acts }, tokens };
}

const bridges = [
  "the old [bridge] fell",
  "a new [Bridge] here",
  "over [bridges] we go",
  "that [bridge] is",
  "one [bridge] more",
  "my [bridge] is",
  "to [bridge] a gap",
];

test("the word at the peaks, in whatever spelling", () => {
  const label = examplesLabel(
    bridges.map((t, i) => told(i, t)),
    [],
  );
  expect(label?.text).toBe('the word "bridge"');
  expect(label?.examples).toHaveLength(7);
  expect(label!.confidence).toBeGreaterThan(0.9);
});

test("a word that is everywhere while the unit is still is no label", () => {
  const top = [
    "a b c [the] x",
    "the the the [the] y",
    "the of the [the] z",
    "the the in [the] q",
    "the at the [the] r",
    "the [the] the s",
  ];
  const weak = Array.from({ length: 6 }, (_, i) => told(100 + i, "so the end of the day the end [is] the", 1));
  expect(
    examplesLabel(
      top.map((t, i) => told(i, t)),
      weak,
    ),
  ).toBeUndefined();
});

test("what stands before the peak", () => {
  const top = [
    "opposite of [big] is",
    "opposite of [hot] is",
    "an opposite of [tall] we",
    "opposite of [fast] now",
    "opposite of [old] things",
    "the opposite of [dry] is",
  ];
  expect(
    examplesLabel(
      top.map((t, i) => told(i, t)),
      [],
    )?.text,
  ).toMatch(/^after "(opposite )?of"$/);
});

test("peaks that share nothing have no label, nor have too few", () => {
  const top = ["is [blue] now", "we [ran] home", "so [quick] it", "they [eat] two", "for [nine] men", "or [green] tea"];
  expect(
    examplesLabel(
      top.map((t, i) => told(i, t)),
      [],
    ),
  ).toBeUndefined();
  expect(
    examplesLabel(
      bridges.slice(0, 3).map((t, i) => told(i, t)),
      [],
    ),
  ).toBeUndefined();
});
