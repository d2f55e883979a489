/**
 * Where the parts of a story stand: prompt tokens in their order at the bottom, boxes over the tokens they belong to,
 * lower layers below higher ones, the answer on top; links as smooth curves that pass between the boxes.
 *
 * A story has at most about sixty boxes, so a small layered layout of our own does: rows (rows.ts), columns
 * (token-row.ts), places (spread.ts), links (routes.ts). The same chart always gives the same drawing. Pixels, y down.
 */
import type { ChartBox } from "./box.ts";
import type { Chart } from "./chart.ts";
import type { ChartLink } from "./link.ts";
import { narrow } from "./narrow.ts";
import { routes } from "./routes.ts";
import { orderRow, rowsOf } from "./rows.ts";
import { spread } from "./spread.ts";
import { type TokenColumn, tokenRow } from "./token-row.ts";

export interface PlacedBox {
  readonly box: ChartBox;
  /** Left and top. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** "other" boxes that were joined into this one, itself included. */
  readonly joined?: readonly string[];
}

export interface PlacedLink {
  readonly link: ChartLink;
  /** An SVG path from source to target. */
  readonly path: string;
  readonly width: number;
  /** Where its sign stands. */
  readonly glyph: { readonly x: number; readonly y: number };
}

export interface Layout {
  readonly form: "wide" | "narrow";
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly tokens: readonly TokenColumn[];
  /** Middle of the token row; the tokens of a narrow chart are boxes. */
  readonly tokenY: number;
  readonly links: readonly PlacedLink[];
}

export interface LayoutOptions {
  /** The sheet, in pixels: under 640 the chart is a column of cards. */
  readonly width: number;
}

export const metrics = {
  box: { width: 196, height: 128 },
  other: { width: 132, height: 34 },
  answer: { width: 212, height: 72 },
  token: { height: 40 },
  gap: { column: 30, row: 52 },
} as const;

export function layOut(chart: Chart, options: LayoutOptions): Layout {
  return options.width < 640 ? narrow(chart, options.width) : wide(chart, options.width);
}

function wide(chart: Chart, width: number): Layout {
  const gap = metrics.gap.column;
  const boxWidth = Math.min(metrics.box.width, Math.max(150, (width - 3 * gap) / 4));
  const room = Math.max(1, Math.floor((width + gap) / (boxWidth + gap)));
  const rows = rowsOf(chart, row => row.length < room);
  const middleOf = (box: ChartBox) => Math.floor((box.positions[0] + box.positions[1] + 1) / 2);

  const demand = new Map<number, number>();
  const ask = (position: number, wish: number) => demand.set(position, Math.max(demand.get(position) ?? 0, wish));
  for (const row of rows) {
    const count = new Map<number, number>();
    for (const box of row) count.set(middleOf(box), (count.get(middleOf(box)) ?? 0) + 1);
    for (const [position, n] of count) ask(position, n * (boxWidth + gap) - gap + 8);
  }
  const into = chart.links.filter(link => link.drawn && link.target === chart.answer.id).length;
  const answer = { ...metrics.answer, width: Math.min(340, Math.max(metrics.answer.width, into * 22)) };
  ask(middleOf(chart.answer), answer.width);
  const { columns, xAt, used } = tokenRow(chart, width, demand);
  const sheet = Math.max(used, Math.min(width, boxWidth * 2));

  // From the top: the answer, the rows of boxes, the shelf of "other" boxes, the tokens.
  const xOf = new Map<string, number>();
  const over = (box: ChartBox) => (xAt(box.positions[0]) + xAt(box.positions[1])) / 2;
  for (const column of columns) if (column.box) xOf.set(column.box, column.x);
  for (const box of chart.boxes) if (!xOf.has(box.id)) xOf.set(box.id, over(box));
  const placed: PlacedBox[] = [];
  let y = 1;
  const put = (
    row: readonly { box: ChartBox; joined?: readonly string[] }[],
    size: { width: number; height: number },
  ) => {
    const middles = spread(
      row.map(({ box }) => ({ at: xOf.get(box.id) ?? over(box), width: size.width })),
      gap,
      0,
      Math.max(sheet, row.length * (size.width + gap) - gap),
    );
    for (const [i, { box, joined }] of row.entries()) {
      xOf.set(box.id, middles[i]!);
      placed.push({ box, x: middles[i]! - size.width / 2, y, ...size, ...(joined ? { joined } : {}) });
    }
    y += size.height + metrics.gap.row;
  };
  put([{ box: chart.answer }], answer);
  for (const row of [...rows].reverse()) {
    put(
      orderRow(chart, row, xOf).map(box => ({ box })),
      { width: boxWidth, height: metrics.box.height },
    );
  }
  const others = shelf(chart, Math.max(1, Math.floor((sheet + gap) / (metrics.other.width + gap))));
  if (others.length > 0) put(others, metrics.other);
  const tokenY = y + metrics.token.height / 2;
  const right = Math.max(sheet, ...placed.map(p => p.x + p.width));
  return {
    form: "wide",
    width: Math.ceil(right) + 2,
    height: Math.ceil(y + metrics.token.height) + 1,
    boxes: placed,
    tokens: columns,
    tokenY,
    links: routes(chart, placed, columns, tokenY - metrics.token.height / 2, { left: -6, right: right + 6 }),
  };
}

/** The "other" boxes, in prompt order; when there are more than fit, the smallest share one box. */
function shelf(chart: Chart, room: number): { box: ChartBox; joined?: readonly string[] }[] {
  const others = chart.boxes.filter(box => box.kind === "other");
  const most = Math.min(room, 6);
  const byPlace = (a: ChartBox, b: ChartBox) => a.positions[0] - b.positions[0];
  if (others.length <= most) return others.sort(byPlace).map(box => ({ box }));
  const strongest = [...others].sort((a, b) => b.share - a.share || byPlace(a, b));
  const kept = strongest.slice(0, most - 1).sort(byPlace);
  const rest = strongest.slice(most - 1).sort(byPlace);
  const joined: ChartBox = {
    ...rest[0]!,
    id: "others",
    label: `${rest.length} others`,
    share: rest.reduce((sum, box) => sum + box.share, 0),
    effect: rest.reduce((sum, box) => sum + box.effect, 0),
    positions: [rest[0]!.positions[0], rest.at(-1)!.positions[1]],
    members: rest.flatMap(box => box.members),
  };
  const all = [...kept.map(box => ({ box })), { box: joined, joined: rest.map(box => box.id) }];
  return all.sort((a, b) => byPlace(a.box, b.box));
}
