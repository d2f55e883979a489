/**
 * Links as curves: out of a box's top, straight up between the boxes of the rows in between, into the next one's
 * bottom. Ports on a box stand in the order of what they lead to, so that links do not cross without need.
 */
import type { Chart } from "./chart.ts";
import { groupBy } from "./group.ts";
import type { PlacedBox, PlacedLink } from "./layout.ts";
import type { ChartLink } from "./link.ts";
import type { TokenColumn } from "./token-row.ts";

interface Port {
  readonly x: number;
  /** Top where links leave, bottom where they come in. */
  readonly top: number;
  readonly bottom: number;
  readonly width: number;
}

/** Share of the answer to pixels: by area, so the root; never so thin that it vanishes. */
export function linkWidth(share: number): number {
  return Math.max(1.2, Math.min(14, 26 * Math.sqrt(share) - 1.6));
}

export function routes(
  chart: Chart,
  boxes: readonly PlacedBox[],
  tokens: readonly TokenColumn[],
  tokenTop: number,
  sides: { readonly left: number; readonly right: number },
): PlacedLink[] {
  const ports = new Map<string, Port>();
  for (const p of boxes) {
    const port = { x: p.x + p.width / 2, top: p.y, bottom: p.y + p.height, width: p.width };
    for (const id of p.joined ?? [p.box.id]) ports.set(id, port);
  }
  for (const t of tokens)
    if (t.box) ports.set(t.box, { x: t.x, top: tokenTop, bottom: tokenTop, width: Math.max(16, t.width - 10) });
  const drawn = merge(chart, boxes).filter(link => ports.has(link.source) && ports.has(link.target));
  const tops = [...new Set(boxes.map(p => p.y))].sort((a, b) => b - a);
  const taken = new Map<number, { x: number; width: number }[]>();

  // First the way between the rows, from middle to middle; then ports in the order of those ways; then the curves.
  const ways = new Map<ChartLink, Point[]>();
  for (const link of drawn) {
    const from = ports.get(link.source)!;
    const to = ports.get(link.target)!;
    const points: Point[] = [{ x: from.x, y: from.top }];
    const y1 = to.bottom + arrow;
    for (const top of tops) {
      const row = boxes.filter(p => p.y === top);
      const bottom = Math.max(...row.map(p => p.y + p.height));
      if (bottom > from.top - 1 || top < y1) continue;
      const before = points.at(-1)!;
      const along = (before.y - (top + bottom) / 2) / (before.y - y1);
      const wish = before.x + (to.x - before.x) * along;
      const width = linkWidth(link.share);
      const x = passage(row, wish, width, taken.get(top) ?? [], sides);
      taken.set(top, [...(taken.get(top) ?? []), { x, width }]);
      points.push({ x, y: bottom + 3 }, { x, y: top - 3 });
    }
    points.push({ x: to.x, y: y1 });
    ways.set(link, points);
  }
  const crowded = new Set<ChartLink>();
  for (const end of ["source", "target"] as const) {
    const next = (link: ChartLink) => ways.get(link)!.at(end === "source" ? 1 : -2)!;
    for (const [port, links] of groupBy(drawn, link => ports.get(link[end])!)) {
      links.sort(
        (a, b) => next(a).x - next(b).x || a.share - b.share || (a.source + a.target < b.source + b.target ? -1 : 1),
      );
      const widths = links.map(link => linkWidth(link.share) + 5);
      const sum = widths.reduce((x, y) => x + y, 0);
      const usable = Math.min(port.width * 0.86, Math.max(sum, links.length * 16));
      let x = port.x - usable / 2;
      for (const [i, link] of links.entries()) {
        const step = (usable / links.length + (widths[i]! / sum) * usable) / 2;
        const points = ways.get(link)!;
        const at = end === "source" ? 0 : points.length - 1;
        points[at] = { x: x + step / 2, y: points[at]!.y };
        x += step;
        if (end === "target" && usable / links.length < 13.5 && i % 2 === 1) crowded.add(link);
      }
    }
  }
  return drawn.map(link => {
    const width = linkWidth(link.share);
    const points = straighten(ways.get(link)!, boxes, width);
    const { x, y } = points.at(-1)!;
    return { link, width, path: curve(points), glyph: { x, y: y + (crowded.has(link) ? 24 : 12) } };
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The fewest of these points between which a smooth curve touches no box. */
function straighten(points: readonly Point[], boxes: readonly PlacedBox[], width: number): Point[] {
  const kept = [points[0]!];
  for (let i = 0; i < points.length - 1; ) {
    let j = points.length - 1;
    while (j > i + 1 && !clear(points[i]!, points[j]!, boxes, width / 2 + 5)) j--;
    kept.push(points[j]!);
    i = j;
  }
  return kept;
}

/** Does the curve between two points keep its distance from every box (but those at its own ends)? */
function clear(a: Point, b: Point, boxes: readonly PlacedBox[], distance: number): boolean {
  const steps = Math.ceil(Math.hypot(a.x - b.x, a.y - b.y) / 8); // finer than the lowest box is high
  for (let step = 1; step < steps; step++) {
    const t = step / steps;
    const x = a.x + (b.x - a.x) * t * t * (3 - 2 * t);
    // The curve's control points share a middle y: y(t) = a + (b − a)·(1.5 t (1 − t) + t³).
    const y = a.y + (b.y - a.y) * (1.5 * t * (1 - t) + t * t * t);
    if (y > a.y - 2 || y < b.y + 2) continue;
    for (const p of boxes)
      if (x > p.x - distance && x < p.x + p.width + distance && y > p.y - 2 && y < p.y + p.height + 2) return false;
  }
  return true;
}

/** Room for the arrow head under a box. */
export const arrow = 7;

/** The free x nearest to `wish` in a row: not through a box, not over another link. */
function passage(
  row: readonly PlacedBox[],
  wish: number,
  width: number,
  taken: readonly { x: number; width: number }[],
  sides: { readonly left: number; readonly right: number },
): number {
  const room = width / 2 + 6;
  const boxBlocks = row.map(p => [p.x - room, p.x + p.width + room] as const);
  const linkBlocks = taken.map(t => [t.x - t.width / 2 - width / 2 - 2, t.x + t.width / 2 + width / 2 + 2] as const);
  const candidates = [wish, ...boxBlocks.flat(), ...linkBlocks.flat()].sort(
    (a, b) => Math.abs(a - wish) - Math.abs(b - wish) || a - b,
  );
  const free = (x: number, blocks: readonly (readonly [number, number])[]) =>
    blocks.every(([a, b]) => x <= a + 0.01 || x >= b - 0.01);
  const inside = (x: number) => x >= sides.left && x <= sides.right;
  return (
    candidates.find(x => inside(x) && free(x, boxBlocks) && free(x, linkBlocks)) ??
    candidates.find(x => inside(x) && free(x, boxBlocks)) ??
    candidates.find(x => free(x, boxBlocks)) ??
    wish
  );
}

/** Smooth in y between points, straight where x stays the same. */
export function curve(points: readonly Point[]): string {
  const n = (value: number) => Math.round(value * 10) / 10;
  let path = `M${n(points[0]!.x)} ${n(points[0]!.y)}`;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1]!;
    const b = points[i]!;
    if (Math.abs(a.x - b.x) < 0.5) path += `L${n(b.x)} ${n(b.y)}`;
    else {
      const middle = (a.y + b.y) / 2;
      path += `C${n(a.x)} ${n(middle)} ${n(b.x)} ${n(middle)} ${n(b.x)} ${n(b.y)}`;
    }
  }
  return path;
}

/** Drawn links, those of joined "other" boxes added up to one for each target. */
function merge(chart: Chart, boxes: readonly PlacedBox[]): ChartLink[] {
  const home = new Map<string, string>();
  for (const p of boxes) for (const id of p.joined ?? []) home.set(id, p.box.id);
  const merged = new Map<string, ChartLink>();
  const links: ChartLink[] = [];
  for (const link of chart.links) {
    if (!link.drawn) continue;
    if (!home.has(link.source)) {
      links.push(link);
      continue;
    }
    const key = `${home.get(link.source)}>${link.target}`;
    const sum = merged.get(key);
    merged.set(
      key,
      sum
        ? { ...sum, weight: sum.weight + link.weight, input: sum.input + link.input, share: sum.share + link.share }
        : link,
    );
  }
  return [...links, ...merged.values()];
}
