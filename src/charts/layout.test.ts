import fc from "fast-check";
import { expect, test } from "vitest";
import type { TraceDocument } from "../attribution/document.ts";
import { chart } from "./chart.ts";
import { examples } from "./examples/index.ts";
import { type BoxSketch, sketch } from "./examples/sketch.ts";
import { type Layout, layOut } from "./layout.ts";

interface Rectangle {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function rectangles(layout: Layout): Rectangle[] {
  const boxes = layout.boxes.map(p => ({ id: p.box.id, x: p.x, y: p.y, width: p.width, height: p.height }));
  const tokens = layout.tokens.map(t => ({
    id: t.box ?? `token${t.positions[0]}`,
    x: t.x - t.width / 2,
    y: layout.tokenY - 20,
    width: t.width,
    height: 40,
  }));
  return [...boxes, ...tokens];
}

function overlaps(layout: Layout): string[] {
  const all = rectangles(layout);
  return all.flatMap((a, i) =>
    all
      .slice(i + 1)
      .filter(
        b => a.x < b.x + b.width - 0.1 && b.x < a.x + a.width - 0.1 && a.y < b.y + b.height && b.y < a.y + a.height,
      )
      .map(b => `${a.id} over ${b.id}`),
  );
}

/** Points along a path of M, L and C. */
function pointsOf(path: string): [number, number][] {
  const points: [number, number][] = [];
  let [x, y] = [0, 0];
  for (const [, command, rest] of path.matchAll(/([MLC])([^MLC]*)/g)) {
    const n = rest!.trim().split(/[ ,]+/).map(Number);
    if (command === "C") {
      for (let t = 0.05; t < 1; t += 0.05) {
        const u = 1 - t;
        const at = (a: number, b: number, c: number, d: number) =>
          u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d;
        points.push([at(x, n[0]!, n[2]!, n[4]!), at(y, n[1]!, n[3]!, n[5]!)]);
      }
    } else if (command === "L")
      for (let t = 0.1; t < 1; t += 0.1) points.push([x + (n[0]! - x) * t, y + (n[1]! - y) * t]);
    [x, y] = n.slice(-2) as [number, number];
    points.push([x, y]);
  }
  return points;
}

function struck(layout: Layout): string[] {
  const boxes = rectangles(layout).filter(r => layout.boxes.some(p => p.box.id === r.id));
  return layout.links.flatMap(({ link, path }) =>
    boxes
      .filter(box =>
        pointsOf(path).some(
          ([x, y]) => x > box.x + 1 && x < box.x + box.width - 1 && y > box.y + 1 && y < box.y + box.height - 1,
        ),
      )
      .map(box => `${link.source}>${link.target} through ${box.id}`),
  );
}

function check(document: TraceDocument, width: number): void {
  const layout = layOut(chart(document), { width });
  expect(overlaps(layout)).toEqual([]);
  for (const r of rectangles(layout)) {
    expect(Number.isFinite(r.x + r.y)).toBe(true);
    expect(r.y).toBeGreaterThanOrEqual(0);
    expect(r.y + r.height).toBeLessThanOrEqual(layout.height);
    expect(r.x + r.width).toBeLessThanOrEqual(layout.width + 1);
    expect(r.x).toBeGreaterThanOrEqual(-1);
  }
  for (const { path } of layout.links) expect(path).not.toMatch(/NaN|Infinity/);
}

const names = Object.keys(examples);

test.each(names.flatMap(n => [390, 660, 820, 1160, 1600].map(w => [n, w] as const)))(
  "%s at %i px: nothing overlaps, nothing sticks out",
  (name, width) => {
    check(examples[name]!, width);
  },
);

test.each(names.flatMap(n => [820, 1160].map(w => [n, w] as const)))(
  "%s at %i px: no link runs through a box",
  (name, width) => {
    expect(struck(layOut(chart(examples[name]!), { width }))).toEqual([]);
  },
);

test.each(names)("%s fits the sheet it was given", name => {
  for (const width of [390, 700, 820, 1160])
    expect(layOut(chart(examples[name]!), { width }).width).toBeLessThanOrEqual(width + 2);
});

test("tokens stand in prompt order, lower layers below higher ones, the answer on top", () => {
  for (const name of names) {
    const layout = layOut(chart(examples[name]!), { width: 1160 });
    const xs = layout.tokens.map(t => t.x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    const answer = layout.boxes.find(p => p.box.kind === "answer")!;
    const units = layout.boxes.filter(p => p.box.kind === "units");
    for (const a of units) {
      expect(a.y).toBeGreaterThan(answer.y);
      for (const b of units) if (a.box.layers[1] + 3 < b.box.layers[0]) expect(a.y).toBeGreaterThanOrEqual(b.y);
    }
    for (const { link } of layout.links) {
      const y = (id: string) => layout.boxes.find(p => (p.joined ?? [p.box.id]).includes(id))?.y ?? layout.tokenY;
      expect(y(link.source)).toBeGreaterThan(y(link.target));
    }
  }
});

test("the same chart gives the same drawing", () => {
  const draw = () => JSON.stringify(layOut(chart(examples.awkward!), { width: 1160 }));
  expect(draw()).toBe(draw());
});

test("any story of up to 60 boxes is placed without overlap, links beside boxes, at any width", () => {
  const world = {
    tokens: fc.integer({ min: 1, max: 80 }),
    seed: fc.integer({ min: 1, max: 1 << 30 }),
    boxes: fc.integer({ min: 0, max: 60 }),
    width: fc.integer({ min: 320, max: 1800 }),
  };
  fc.assert(
    fc.property(fc.record(world), ({ tokens, boxes, seed, width }) => {
      const document = randomStory(tokens, boxes, seed);
      check(document, width);
      if (width >= 640) expect(struck(layOut(chart(document), { width }))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

function randomStory(tokens: number, count: number, seed: number): TraceDocument {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const boxes: BoxSketch[] = [];
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random() * tokens);
    const low = Math.floor(random() * 24);
    const from: Record<string, number> = {};
    for (const b of boxes) if (random() < 3 / (i + 1)) from[b.id] = random() - 0.3 || 0.1;
    const token = random() < 0.25;
    if (token && boxes.some(b => !b.layers && b.at === at)) continue;
    boxes.push({
      id: `b${i}`,
      label: `box ${i} ${"long ".repeat(Math.floor(random() * 6))}`,
      at,
      ...(token ? {} : { layers: [low, low + Math.floor(random() * 6)] as const, other: random() < 0.15, from }),
      share: random() * 0.5,
      effect: random() - 0.4,
      units: 3,
    });
  }
  return sketch({
    model: { name: "m", family: "llama", layers: 30, dModel: 8, dMlp: 8, vocabulary: 9, weights: "float32" },
    basis: "neurons",
    tokens: Array.from({ length: tokens }, (_, i) => ` token${"n".repeat(i % 17)}`),
    answer: " x",
    what: "a logit",
    value: 1,
    probability: 0.5,
    top: [],
    boxes,
    into: Object.fromEntries(boxes.map(b => [b.id, random() - 0.3])),
    sentences: [],
    paths: [],
    coverage: { explained: 1, error: 0, bias: 0, hidden: 0 },
  });
}
