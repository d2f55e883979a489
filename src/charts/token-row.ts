/**
 * The prompt as the lowest row of a chart: tokens that matter get a chip, runs that do not are folded into "⋯ 12" when
 * there is no room for them. Each column is as wide as the boxes that stand over it need (the field's own rule).
 */
import type { ChartBox } from "./box.ts";
import type { Chart } from "./chart.ts";
import { textWidth } from "./measure.ts";

export interface TokenColumn {
  /** "token": one or more prompt tokens in one chip; "gap": tokens left out of the drawing. */
  readonly kind: "token" | "gap";
  readonly positions: readonly [first: number, last: number];
  readonly text: string;
  readonly share: number;
  readonly box?: string;
  /** Middle and width of the chip, in pixels. */
  readonly x: number;
  readonly width: number;
}

const chipPadding = 18;
const longest = 132;
const gapBetween = 8;

type Draft = Omit<TokenColumn, "x"> & { room: number; used: boolean };

/** Columns within `width` pixels, and where each position stands. */
export function tokenRow(
  chart: Chart,
  width: number,
  demand: ReadonlyMap<number, number>,
): { columns: TokenColumn[]; xAt: (position: number) => number; used: number } {
  let drafts = chips(chart, demand);
  const total = () => drafts.reduce((sum, d) => sum + Math.max(d.room, d.width) + gapBetween, -gapBetween);
  if (total() > width) drafts = fold(drafts, d => d.used);
  // Still too wide: first let the boxes lean over their neighbours, then fold the tokens that carry least.
  if (total() > width) {
    const chipsOnly = drafts.reduce((sum, d) => sum + d.width + gapBetween, -gapBetween);
    const free = Math.max(0, width - chipsOnly);
    const wish = total() - chipsOnly;
    for (const d of drafts)
      d.room = d.width + Math.max(0, d.room - d.width) * (wish > 0 ? Math.min(1, free / wish) : 0);
  }
  const weakest = () =>
    drafts.filter(d => d.kind === "token").sort((a, b) => a.share - b.share || b.positions[0] - a.positions[0])[0];
  while (total() > width) {
    const next = weakest();
    if (!next) break;
    drafts = fold(drafts, d => d.used && d !== next);
    for (const d of drafts) d.room = Math.max(d.width, d.room);
  }
  const slack = Math.min(28, Math.max(0, (width - total()) / Math.max(1, drafts.length)));
  let x = 0;
  const columns = drafts.map(({ room, used: _, ...draft }): TokenColumn => {
    const column = Math.max(room, draft.width) + slack;
    const middle = x + column / 2;
    x += column + gapBetween;
    return { ...draft, x: middle };
  });
  const xAt = (position: number) => (columns.find(c => position <= c.positions[1]) ?? columns.at(-1))?.x ?? width / 2;
  return { columns, xAt, used: Math.max(0, x - gapBetween) };
}

function chips(chart: Chart, demand: ReadonlyMap<number, number>): Draft[] {
  const drafts: Draft[] = [];
  const boxes = new Map<string, ChartBox>(chart.boxes.map(b => [b.id, b]));
  for (let p = 0; p < chart.tokens.length; p++) {
    const token = chart.tokens[p]!;
    const box = token.box === undefined ? undefined : boxes.get(token.box);
    let last = p;
    while (box && chart.tokens[last + 1]?.box === box.id) last++;
    let room = 0;
    for (let q = p; q <= last; q++) room = Math.max(room, demand.get(q) ?? 0);
    // Pieces of a word are one word: the box has its name.
    const text =
      box && last > p
        ? box.label
        : chart.tokens
            .slice(p, last + 1)
            .map(t => t.text)
            .join(" ");
    drafts.push({
      kind: "token",
      positions: [p, last],
      text,
      share: box?.share ?? 0,
      ...(box ? { box: box.id } : {}),
      width: Math.min(longest, Math.max(box ? 58 : 22, textWidth(text, 13, Boolean(box)) + (box ? chipPadding : 6))),
      room,
      used: Boolean(box) || room > 0,
    });
    p = last;
  }
  return drafts;
}

/** Runs of columns that `keep` refuses become one gap each. */
function fold(drafts: readonly Draft[], keep: (d: Draft) => boolean): Draft[] {
  const folded: Draft[] = [];
  for (const draft of drafts) {
    if (keep(draft)) {
      folded.push(draft);
      continue;
    }
    const before = folded.at(-1);
    const first = before?.kind === "gap" ? before.positions[0] : draft.positions[0];
    if (before?.kind === "gap") folded.pop();
    const last = draft.positions[1];
    const text = `⋯ ${last - first + 1}`;
    const share = Math.max(0, draft.share) + (before?.kind === "gap" ? before.share : 0);
    folded.push({
      kind: "gap",
      positions: [first, last],
      text,
      share,
      width: textWidth(text, 12) + 10,
      room: 0,
      used: false,
    });
  }
  return folded;
}
