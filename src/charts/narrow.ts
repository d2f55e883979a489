/**
 * The chart for a phone: one card under the other in the order of the flow, the answer last, with the links as arcs in
 * a gutter on the left. Nothing is left out; tokens that no box holds are in the prompt above.
 */
import type { ChartBox } from "./box.ts";
import type { Chart } from "./chart.ts";
import { groupBy } from "./group.ts";
import type { Layout, PlacedBox, PlacedLink } from "./layout.ts";
import { linkWidth } from "./routes.ts";

const gutter = 48;
const gap = 12;
const heights = { tokens: 44, units: 128, other: 44, answer: 72 } as const;

export function narrow(chart: Chart, width: number): Layout {
  const boxes: PlacedBox[] = [];
  let y = 1;
  for (const box of ordered(chart)) {
    const height = heights[box.kind];
    boxes.push({ box, x: gutter, y, width: width - gutter - 1, height });
    y += height + gap;
  }
  return { form: "narrow", width, height: y - gap + 1, boxes, tokens: [], tokenY: 0, links: arcs(chart, boxes) };
}

function ordered(chart: Chart): ChartBox[] {
  const tokens = chart.boxes.filter(b => b.kind === "tokens");
  const others = chart.boxes.filter(b => b.kind === "other");
  const rest = chart.boxes.filter(b => b.kind === "units");
  return [...tokens, ...rest, ...others, chart.answer];
}

function arcs(chart: Chart, boxes: readonly PlacedBox[]): PlacedLink[] {
  const place = new Map(boxes.map((p, i) => [p.box.id, i]));
  const drawn = chart.links.filter(l => l.drawn && place.has(l.source) && place.has(l.target));
  const distance = (l: (typeof drawn)[number]) => Math.abs(place.get(l.target)! - place.get(l.source)!);
  const longest = Math.max(1, ...drawn.map(distance));
  const into = groupBy(drawn, l => l.target);
  return drawn.map(link => {
    const a = boxes[place.get(link.source)!]!;
    const b = boxes[place.get(link.target)!]!;
    const siblings = into.get(link.target)!;
    const slot = siblings.indexOf(link);
    const y0 = Math.round(a.y + a.height / 2);
    const y1 = Math.round(b.y + (b.height * (slot + 1)) / (siblings.length + 1));
    const reach = 20 + (gutter - 26) * Math.sqrt(distance(link) / longest);
    const x = Math.round(10 * (gutter - reach)) / 10;
    const width = Math.min(6, linkWidth(link.share) * 0.6);
    const path = `M${gutter} ${y0}C${x} ${y0} ${x} ${y0} ${x} ${y0 + Math.min(14, (y1 - y0) / 2)}L${x} ${y1 - Math.min(14, (y1 - y0) / 2)}C${x} ${y1} ${x} ${y1} ${gutter - 7} ${y1}`;
    return { link, width, path, glyph: { x: gutter - 12, y: y1 } };
  });
}
