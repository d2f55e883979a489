/**
 * The story for a terminal: at most 100 columns, good down to 60, nothing lost without colour.
 *
 * Colours come in as functions (`Paint`), so this file is pure; every sign has its glyph, every share its number.
 * Token text is made visible first: nothing a model says can move the cursor.
 */
import type { TraceDocument } from "../attribution/document.ts";
import { type ChartBox, doesOf } from "./box.ts";
import { type Chart, type ChartOptions, chart } from "./chart.ts";
import { coverageParts } from "./coverage.ts";
import { verdictGlyph } from "./palette.ts";
import { clip, columns, figure, padded, percent, tokenText, visible, wrap } from "./text.ts";

/** What a colour does to a text; the identity when colour is off. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  for(text: string): string;
  against(text: string): string;
  /** The chart does not work. */
  warn(text: string): string;
}

const same = (text: string) => text;
export const noPaint: Paint = { bold: same, dim: same, for: same, against: same, warn: same };

export interface TerminalOptions extends ChartOptions {
  /** Columns of the terminal; drawn at 60 to 100. */
  readonly width?: number;
  readonly paint?: Paint;
}

/** Lines without a newline at the end. */
export function storyText(document: TraceDocument, options: TerminalOptions = {}): string {
  const width = Math.max(60, Math.min(100, options.width ?? 100)) - 2;
  const paint = options.paint ?? noPaint;
  const it = chart(document, options);
  const lines = [
    ...failure(it, width, paint),
    ...heading(document, it, width, paint),
    "",
    ...flow(it, width, paint),
    "",
    ...document.story.sentences.flatMap(s => wrap(visible(s.text), width).map(plain)),
    "",
    ...coverage(it, width, paint),
    ...checks(document, it, width, paint),
  ];
  return lines.map(line => (line ? ` ${line}` : "")).join("\n");
}

/** In a terminal a space is a space. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");
const share = (value: number) => plain(percent(value));

function failure(it: Chart, width: number, paint: Paint): string[] {
  if (!it.verdict || it.verdict.works) return [];
  return [
    ...wrap(`✗ ${it.verdict.text}`, width).map(line => paint.warn(paint.bold(plain(line)))),
    ...it.verdict.reasons.flatMap(reason => hang("  ", plain(reason), width)).map(paint.warn),
    "",
  ];
}

/** Lines of `text` after a first-line prefix, the rest indented to match. */
function hang(prefix: string, text: string, width: number): string[] {
  const indent = " ".repeat(columns(prefix));
  return wrap(text, width - columns(prefix)).map((line, i) => (i === 0 ? prefix : indent) + line);
}

function heading(document: TraceDocument, it: Chart, width: number, paint: Paint): string[] {
  const prompt = visible(it.prompt);
  const shown =
    columns(prompt) > 3 * width ? `${clip(prompt, Math.floor(1.4 * width))} ${tail(prompt, width)}` : prompt;
  const others = document.top
    .filter(t => t.id !== document.target.id || t.text !== document.target.text)
    .slice(0, 4)
    .map(t => `${tokenText(t.text)} ${share(t.probability)}`);
  const answer = `→ ${it.answerText} ${share(it.probability)}`;
  const room = width - columns(answer) - 3;
  while (others.length && columns(others.join(" · ")) > room) others.pop();
  return [
    ...wrap(shown, width),
    paint.bold(paint.for(answer)) + (others.length ? `   ${paint.dim(others.join(" · "))}` : ""),
    ...wrap(`${document.model.name} · ${document.basis} · ${it.what}`, width).map(paint.dim),
    ...(it.versus ? wrap(against(it.versus), width).map(paint.dim) : []),
  ];
}

function against({ prompt, answer, found }: NonNullable<Chart["versus"]>): string {
  return `against: ${visible(prompt)} → ${answer}${found ? " (found by Lucida; another with --versus, none with --versus none)" : ""}`;
}

function tail(text: string, width: number): string {
  let end = text;
  while (columns(end) > width) end = end.slice(Math.max(1, Math.floor((end.length - width / 2) / 8)));
  return end;
}

function flow(it: Chart, width: number, paint: Paint): string[] {
  const barWidth = width >= 90 ? 20 : 10;
  const most = Math.max(...it.boxes.filter(b => b.kind !== "answer").map(b => b.share), 0.01);
  const badged = it.boxes.some(b => b.verdict);
  const right = 2 + barWidth + 6 + (badged ? (width >= 90 ? 19 : 3) : 0);
  const nameWidth = width - 5 - right;
  const row = (mark: string, name: string, box: ChartBox, strong: boolean) => {
    const paintSign = box.effect < 0 ? paint.against : paint.for;
    const glyph = box.effect < 0 ? "−" : "+";
    const bar = meter(box.share / most, barWidth);
    const cell = `${padded(name, nameWidth - 1)} `;
    const badge = box.verdict ? `${verdictGlyph[box.verdict.word]}${width >= 90 ? ` ${box.verdict.word}` : ""}` : "";
    const badgePaint =
      box.verdict?.word === "confirmed"
        ? paint.for
        : box.verdict?.word === "too weak to tell"
          ? paint.dim
          : paint.against;
    return `${paint.dim(mark)} ${strong ? paint.bold(cell) : cell}${paintSign(`${glyph} ${bar}`)}${share(box.share).padStart(6)}${badge ? `  ${badgePaint(badge)}` : ""}`;
  };
  const ref = (id: string) => {
    const box = it.boxes.find(b => b.id === id);
    return box?.number ? `#${box.number}` : clip(box?.label ?? id, 18);
  };
  const lines: string[] = [];
  for (const box of it.boxes) {
    if (box.kind === "tokens") lines.push(row("  ○ ", box.label, box, false));
  }
  for (const box of it.boxes) {
    if (box.kind !== "units") continue;
    lines.push(paint.dim("  │"));
    lines.push(row(`${String(box.number).padStart(2)} ●`, box.label, box, true));
    const detail: string[] = [];
    if (box.labelSource !== "place") detail.push(plain(box.place) + (box.coarse ? ", whole blocks" : ""));
    const reads = it.links
      .filter(l => l.target === box.id)
      .slice(0, 4)
      .map(l => `${ref(l.source)} ${l.weight < 0 ? "−" : ""}${share(l.input)}`);
    if (box.error > 0) reads.push(`▒ error ${share(box.error)}`);
    if (reads.length) detail.push(`← ${reads.join(" · ")}`);
    const does = doesOf(box);
    const first = detail.join("   ");
    const body = columns(first) <= width - 7 ? [first] : detail;
    if (does) body.push(`→ ${does}`);
    for (const text of body) if (text) lines.push(`${paint.dim("  │ ")}  ${paint.dim(clip(text, width - 6))}`);
  }
  const others = it.boxes.filter(b => b.kind === "other");
  if (others.length) lines.push(paint.dim("  ┊"));
  if (others.length <= 4) for (const box of others) lines.push(row("  ◌ ", box.label, box, false));
  else {
    const sum = { share: others.reduce((s, b) => s + b.share, 0), effect: others.reduce((s, b) => s + b.effect, 0) };
    lines.push(row("  ◌ ", `${others.length} others`, { ...others[0]!, ...sum }, false));
  }
  lines.push(paint.dim("  ▼"));
  const into = it.links.filter(l => l.target === it.answer.id).slice(0, width >= 90 ? 6 : 4);
  const parts = into.map(l => `${ref(l.source)} ${l.weight < 0 ? "−" : ""}${share(l.input)}`);
  if (it.answer.error > 0) parts.push(`▒ error ${share(it.answer.error)}`);
  const answer = `    ${it.answerText}  `;
  lines.push(
    paint.bold(paint.for(clip(answer, width))) +
      paint.dim(clip(`← ${parts.join(" · ")}`, Math.max(8, width - columns(answer)))),
  );
  return lines;
}

const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of exactly `width` columns. */
function meter(value: number, width: number): string {
  const units = Math.max(1, Math.round(Math.min(1, Math.max(0, value)) * width * 8));
  const bar = "█".repeat(Math.floor(units / 8)) + eighths[units % 8];
  return bar + " ".repeat(width - columns(bar));
}

const fills = { explained: "█", error: "▒", bias: "▓", hidden: "░" } as const;

function coverage(it: Chart, width: number, paint: Paint): string[] {
  const parts = coverageParts(it.coverage);
  const sizes = shareOut(
    parts.map(p => p.share),
    width,
  );
  const bar = parts.map((p, i) => {
    const run = fills[p.key].repeat(sizes[i]!);
    return p.key === "explained" ? paint.for(run) : p.key === "error" ? paint.warn(run) : paint.dim(run);
  });
  const words = parts.map(p => `${fills[p.key]} ${p.name} ${share(p.share)}`);
  const one = words.join(width >= 70 ? "   " : "  ");
  // In a narrow terminal two lines of two.
  return [bar.join(""), ...(one.length <= width ? [one] : [words.slice(0, 2), words.slice(2)].map(w => w.join("  ")))];
}

/** Whole numbers that add up to `total`, by largest remainder, so that the bar is always full. */
function shareOut(shares: readonly number[], total: number): number[] {
  const sum = shares.reduce((a, b) => a + Math.max(0, b), 0) || 1;
  const exact = shares.map(s => (Math.max(0, s) / sum) * total);
  const whole = exact.map(Math.floor);
  const rest = total - whole.reduce((a, b) => a + b, 0);
  const byRemainder = exact.map((x, i) => [x - whole[i]!, i] as const).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  for (let k = 0; k < rest; k++) whole[byRemainder[k % byRemainder.length]![1]]!++;
  return whole;
}

function checks(document: TraceDocument, it: Chart, width: number, paint: Paint): string[] {
  const { checks, sweep, verify, timings } = document;
  const total = timings.total ?? Object.values(timings).reduce((a, b) => a + b, 0);
  const lines: string[] = [];
  if (it.verdict?.works) lines.push(...wrap(`✓ ${it.verdict.text}`, width).map(l => paint.for(plain(l))));
  if (!verify)
    lines.push(...wrap("not verified: nobody has intervened in the model to test this chart", width).map(paint.dim));
  const words = [
    `rows add up to ${figure(checks.rowSum)}`,
    `frozen logits to ${figure(checks.frozenLogits)}`,
    `${sweep.expanded} rows, at most ${share(sweep.unexpanded)} of influence unexplored`,
    ...(it.undrawn.count ? [`${it.undrawn.count} weak links (${share(it.undrawn.share)}) left out`] : []),
    `${total.toFixed(1)} s`,
  ].join(" · ");
  lines.push(...wrap(words, width).map(paint.dim));
  for (const note of document.notes) lines.push(...wrap(plain(visible(note)), width).map(paint.dim));
  return lines;
}
