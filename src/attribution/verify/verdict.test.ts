import { expect, test } from "vitest";
import { random } from "../../core/random.ts";
import type { PromptBasis } from "../../features/basis.ts";
import { dealt, Matched } from "./controls.ts";
import { spearman, verdictWord } from "./verdict.ts";
import { judge } from "./works.ts";

const chance = Array.from({ length: 20 }, (_, i) => (i - 10) / 20);

test("a verdict needs sign, half the size, and more than chance does", () => {
  expect(verdictWord(-2, -1.2, chance)).toBe("confirmed");
  expect(verdictWord(-2, -0.8, chance)).toBe("not confirmed");
  expect(verdictWord(-2, 1.2, chance)).toBe("opposite");
  expect(verdictWord(-2, -0.4, chance)).toBe("not confirmed");
  expect(verdictWord(-0.1, -0.2, chance)).toBe("too weak to tell");
  expect(verdictWord(0, -3, chance)).toBe("not confirmed");
});

test("rank correlation, with ties, is what it is by hand", () => {
  expect(spearman([1, 2, 3, 4], [10, 20, 25, 90])).toBeCloseTo(1, 12);
  expect(spearman([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12);
  // ranks 0 1.5 1.5 3 against 0 2 1 3
  expect(spearman([1, 5, 5, 9], [1, 4, 2, 8])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  expect(spearman([1, 2], [1, 2])).toBeUndefined();
  expect(spearman([1, 1, 1], [1, 2, 3])).toBeUndefined();
});

test("every failed bar is a reason, and only a chart without reasons works", () => {
  const good = {
    gap: { sufficiency: 0.9, necessity: 0.8, nothing: 0.1 },
    nodes: 400,
    mostNodes: 500,
    pairs: [-2, -1, 1].map(v => ({ predicted: v, live: v })),
    spearman: 0.9,
    spearmanControls: 0.5,
    spearmanPartition: 0.95,
    seed: 1,
    controls: 20,
  };
  expect(judge(good)).toMatchObject({ works: true, reasons: [] });
  const bad: [Partial<typeof good>, RegExp][] = [
    [{ gap: { sufficiency: 1.3, necessity: 0.8, nothing: 0.1 } }, /130 % of the difference/],
    [{ gap: { sufficiency: 0.9, necessity: 0.5, nothing: 0.1 } }, /50 % of the difference goes/],
    [{ gap: { sufficiency: Number.NaN, necessity: 0.9, nothing: 0.1 } }, /NaN/],
    [{ nodes: 501 }, /501 nodes/],
    [{ gap: { sufficiency: 1, necessity: 0.9, nothing: 0.9 } }, /without any MLP/],
    [{ spearman: 0.6 }, /agree to 0.60/],
    [{ spearmanControls: 0.95 }, /same places agree better/],
    [{ pairs: [1, 2, 3].map(v => ({ predicted: v, live: v })) }, /same way/],
  ];
  for (const [change, reason] of bad) {
    const { works, reasons } = judge({ ...good, ...change });
    expect(works).toBe(false);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(reason);
  }
  // Over a handful of boxes both ranks are often perfect: then the sizes decide, and without them it is no proof.
  const tie = { ...good, spearman: 1, spearmanControls: 1 };
  expect(judge({ ...tie, error: 0.4, errorControls: 1.2 }).works).toBe(true);
  expect(judge({ ...tie, error: 1.3, errorControls: 1.2 }).reasons.join()).toMatch(/off by 1.20 against 1.30/);
  expect(judge(tie).reasons.join()).toMatch(/agree as well in rank/);
  const { gap: _gap, ...blind } = good;
  expect(judge(blind).works).toBe(false);
});

test("controls match in layer, position, number and mass, leave the boxes alone, and repeat with the seed", () => {
  const width = 400;
  const activations = Float64Array.from({ length: 6 * width }, (_, i) => Math.exp(Math.sin(i * 12.9898) * 3));
  const basis = {
    count: 6 * width,
    place: (unit: number) => ({
      layer: Math.floor(unit / (2 * width)),
      position: Math.floor(unit / width) % 2,
      index: unit % width,
    }),
  } as unknown as PromptBasis;
  const box = [3, 17, 80, 399, 405, 411, 2000, 2001, 2399];
  const mass = (unit: number) => activations[unit]!;
  const draw = (seed: number) => {
    const matched = new Matched(basis, mass, new Set(box), random(seed));
    return Array.from({ length: 20 }, () => matched.draw(box));
  };
  const sum = (units: readonly number[]) => units.reduce((a, u) => a + mass(u), 0);
  const at = (units: readonly number[]) => new Set(units.map(u => Math.floor(u / width)));
  for (const set of draw(1)) {
    expect(set.some(unit => box.includes(unit))).toBe(false);
    expect(at(set)).toEqual(at(box));
    expect(new Set(set).size).toBe(set.length);
    expect(set.length).toBeGreaterThanOrEqual(box.length);
    expect(sum(set)).toBeGreaterThan(0.85 * sum(box));
    expect(sum(set)).toBeLessThan(1.3 * sum(box));
  }
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const parts = dealt([[1, 2, 3], [4], [5, 6]], random(3));
  expect(parts.map(p => p.length)).toEqual([3, 1, 2]);
  expect(parts.flat().sort()).toEqual([1, 2, 3, 4, 5, 6]);
});
