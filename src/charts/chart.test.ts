import { expect, test } from "vitest";
import { chart } from "./chart.ts";
import { examples } from "./examples/index.ts";

test.each(Object.keys(examples))("%s: what a box takes in adds up to 100 %%, error included", name => {
  const it = chart(examples[name]!);
  for (const box of it.boxes) {
    const into = it.links.filter(link => link.target === box.id);
    if (into.length === 0) continue;
    expect(into.reduce((sum, link) => sum + link.input, 0) + box.error).toBeCloseTo(1, 10);
  }
});

test("error shares are what the document's edges say", () => {
  const it = chart(examples.awkward!);
  expect(it.boxes.find(b => b.id === "s3")!.error).toBeCloseTo(0.52, 6);
  expect(chart(examples.dallas!).boxes.every(b => b.error === 0)).toBe(true);
});

test("no box of units hangs loose, however weak its links are", () => {
  const it = chart(examples.awkward!, { minimumShare: 0.9 });
  for (const box of it.boxes.filter(b => b.kind === "units")) {
    for (const end of ["source", "target"] as const)
      if (it.links.some(l => l[end] === box.id && !l.back))
        expect(it.links.some(l => l[end] === box.id && l.drawn)).toBe(true);
  }
});

test("what is not drawn is counted", () => {
  const it = chart(examples.dallas!);
  const flow = it.links.reduce((sum, l) => sum + l.share, 0);
  const drawn = it.links.filter(l => l.drawn).reduce((sum, l) => sum + l.share, 0);
  expect(it.undrawn.count).toBe(it.links.filter(l => !l.drawn).length);
  expect(it.undrawn.share).toBeCloseTo(1 - drawn / flow, 10);
  expect(it.undrawn.count).toBeGreaterThan(0);
});

test("a box without a label is known by its place", () => {
  const box = chart(examples.awkward!).boxes.find(b => b.id === "s4")!;
  expect(box).toMatchObject({ label: "at ‘weather’, layers 6–13", labelSource: "place", confidence: 0 });
});

test("of two boxes in the same layers, the one that feeds the other more comes first", () => {
  const small = examples.small!;
  const swapped = {
    ...small,
    supernodes: small.supernodes.map(s => (s.id === "s4" || s.id === "s5" ? { ...s, layers: [9, 12] as const } : s)),
    superedges: [
      ...small.superedges.filter(e => !(e.source === "s4" && e.target === "s5")),
      { source: "s5", target: "s4", weight: 3 },
    ],
  };
  const ids = chart(swapped).boxes.map(b => b.id);
  expect(ids.indexOf("s5")).toBeLessThan(ids.indexOf("s4"));
});
