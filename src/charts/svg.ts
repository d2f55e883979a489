/**
 * A story as one self-contained SVG: prompt, chart, paragraph, coverage. It carries its own style for light, dark and
 * paper, loads nothing and runs nothing, and every text in it is escaped. Text is cut to the room there is; the whole
 * text is in each box's <title>.
 */
import type { TraceDocument } from "../attribution/document.ts";
import { type ChartBox, doesOf, readsOf, roleOf } from "./box.ts";
import { type Chart, type ChartOptions, chart } from "./chart.ts";
import { coverageParts } from "./coverage.ts";
import { escapeMarkup as e } from "./escape.ts";
import { type Layout, layOut, type PlacedBox, type PlacedLink } from "./layout.ts";
import { clipPixels, textWidth, wrapPixels } from "./measure.ts";
import { dark, light, type Palette, verdictGlyph } from "./palette.ts";
import { arrow } from "./routes.ts";
import { percent, quoted, signed, visible } from "./text.ts";
import type { TokenColumn } from "./token-row.ts";

export interface SvgOptions extends ChartOptions {
  /** In pixels; under 640 the chart is a column of cards. */
  readonly width?: number;
}

/** The SVG as text, without an XML declaration, so that it can stand in a page as well as in a file. */
export function storySvg(document: TraceDocument, options: SvgOptions = {}): string {
  const width = options.width ?? 1160;
  const margin = width < 640 ? 16 : 32;
  const inner = width - 2 * margin;
  const it = chart(document, options);
  const layout = layOut(it, { width: inner });
  const out: string[] = [];
  let y = margin;
  const line = (text: string, size: number, kind: string, leading = 1.35) => {
    for (const part of wrapPixels(text, inner, size, kind.includes("strong"))) {
      y += size * leading;
      out.push(`<text class="${kind}" x="${margin}" y="${r(y)}" font-size="${size}">${e(part)}</text>`);
    }
  };
  if (it.verdict && !it.verdict.works) {
    line(`${verdictGlyph["not confirmed"]} ${it.verdict.text}`, 14, "against strong");
    y += 8;
  }
  line(clipWords(visible(it.prompt), 420), it.prompt.length > 140 ? 16 : width < 640 ? 18 : 23, "serif");
  y += 6;
  line(`→ ${it.answerText}   ${percent(it.probability)}`, width < 640 ? 17 : 20, "for strong");
  y += 4;
  line(`${document.model.name} · ${document.basis} · ${it.what}`, 12, "muted");
  if (it.versus)
    line(
      `against: ${clipWords(visible(it.versus.prompt), 200)} → ${it.versus.answer}${it.versus.found ? " (found)" : ""}`,
      12,
      "muted",
    );
  if (it.verdict?.works) line(`${verdictGlyph.confirmed} ${it.verdict.text}`, 12, "muted");
  y += 26;
  const left = margin + Math.max(0, (inner - layout.width) / 2);
  out.push(`<g transform="translate(${r(left)} ${r(y)})">`);
  out.push(
    ...layout.links.map(drawLink),
    ...layout.boxes.map(drawBox),
    ...layout.tokens.map(t => drawToken(t, layout)),
  );
  out.push("</g>");
  y += layout.height + 14;
  if (it.undrawn.count > 0)
    line(
      `${it.undrawn.count} weaker links are not drawn; they carry ${percent(it.undrawn.share)} of the flow between boxes.`,
      11,
      "muted",
    );
  y += 10;
  for (const sentence of document.story.sentences) line(visible(sentence.text), 15, "serif", 1.5);
  y += 24;
  const bar = drawCoverage(it, margin, y, inner);
  out.push(bar.svg);
  y += bar.height + margin;
  const name = `Why ${quoted(document.target.text)} after “${clipWords(visible(it.prompt), 120)}”`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="lucida" viewBox="0 0 ${width} ${r(y)}" width="${width}" height="${r(y)}" role="img" aria-label="${e(name)}">`,
    `<title>${e(name)}</title>`,
    `<style>${style}</style>`,
    hatch,
    `<rect class="paper" width="${width}" height="${r(y)}"/>`,
    ...out,
    "</svg>",
  ].join("\n");
}

const r = (value: number) => Math.round(value * 10) / 10;
const sign = (value: number) => (value < 0 ? "against" : "for");
const glyph = (value: number) => (value < 0 ? "−" : "+");

function clipWords(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most / 2)} … ${text.slice(-most / 2)}`;
}

function drawLink({ link, path, width, glyph: at }: PlacedLink): string {
  const kind = sign(link.weight);
  const wing = Math.max(4, width / 2 + 2.5);
  const [x, y] = path
    .match(/(-?[\d.]+) (-?[\d.]+)$/)!
    .slice(1)
    .map(Number) as [number, number];
  const sideways = at.y === y; // a narrow chart's arcs come in from the left
  const head = sideways
    ? `M${r(x + arrow)} ${r(y)}L${r(x)} ${r(y - wing)}L${r(x)} ${r(y + wing)}Z`
    : `M${r(x)} ${r(y - arrow)}L${r(x - wing)} ${r(y)}L${r(x + wing)} ${r(y)}Z`;
  const radius = sideways ? 4.5 : 6;
  const mark = `<circle class="dot" cx="${r(at.x)}" cy="${r(at.y)}" r="${radius}"/><text class="${kind} strong" x="${r(at.x)}" y="${r(at.y + radius * 0.66)}" font-size="${2 * radius}" text-anchor="middle">${glyph(link.weight)}</text>`;
  return `<g class="link ${kind}"><path d="${path}" stroke-width="${r(width)}"/><path class="head" d="${head}"/>${mark}</g>`;
}

function drawBox(placed: PlacedBox): string {
  const { box, x, y, width, height } = placed;
  const whole = [
    box.label,
    box.place,
    roleOf(box, 8),
    `${percent(box.share)} of the answer, ${signed(box.effect)} logits`,
  ]
    .concat(box.error > 0 ? [`${percent(box.error)} of its input is error`] : [])
    .concat(box.verdict ? [box.verdict.word] : []);
  const body = box.kind === "answer" ? answer(placed) : box.kind === "units" ? units(placed) : small(placed);
  const behind = box.coarse
    ? `<rect class="card" x="${r(x + 4)}" y="${r(y - 4)}" width="${r(width)}" height="${height}" rx="7"/>`
    : "";
  return `<g class="box ${box.kind}"><title>${e(whole.filter(Boolean).join("\n"))}</title>${behind}<rect class="card" x="${r(x)}" y="${r(y)}" width="${r(width)}" height="${height}" rx="7"/>${body}</g>`;
}

function text(kind: string, x: number, y: number, size: number, content: string, anchor = "start"): string {
  const end = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text class="${kind}" x="${r(x)}" y="${r(y)}" font-size="${size}"${end}>${e(content)}</text>`;
}

function units({ box, x, y, width, height }: PlacedBox): string {
  const left = x + 11;
  const room = width - 22;
  const out: string[] = [];
  const badge = box.verdict ? verdictGlyph[box.verdict.word] : "";
  const number = `${box.number}`;
  const indent = textWidth(number, 11) + 6;
  out.push(text("muted", left, y + 19, 11, number));
  const label = lines(box.short, room - indent - (badge ? 20 : 4), 13, 2, true);
  let line = y + 19;
  for (const [i, part] of label.entries()) {
    line = y + 19 + i * 16;
    out.push(text("strong", left + indent, line, 13, part));
  }
  if (badge) out.push(text(`strong ${badgeKind(box)}`, x + width - 11, y + 19, 13, badge, "end"));
  const place = box.labelSource === "place" ? "no label yet" : box.place;
  const reads = readsOf(box, 4);
  const does = doesOf(box);
  const rest = [
    clipPixels(place, room, 11),
    ...(reads ? [clipPixels(`reads ${reads}`, room, 11)] : []),
    ...(does ? lines(`→ ${does}`, room, 11, 2) : []),
  ];
  for (const [i, part] of rest.entries()) out.push(text(i === 0 ? "muted" : "", left, line + 16 + i * 15, 11, part));
  out.push(shareBar(box, left, y + height - 14, room));
  if (box.error > 0) out.push(fog(x, y + height - 6, width, box.error));
  return out.join("");
}

/** At most `most` lines, the last one cut when there is more. */
function lines(content: string, width: number, size: number, most: number, bold = false): string[] {
  const all = wrapPixels(content, width, size, bold);
  if (all.length <= most) return all;
  return [...all.slice(0, most - 1), clipPixels(all.slice(most - 1).join(" "), width, size, bold)];
}

function badgeKind(box: ChartBox): string {
  return box.verdict?.word === "confirmed" ? "for" : box.verdict?.word === "too weak to tell" ? "muted" : "against";
}

/** Sign, bar, share: `+ ▇▇▇▇ 31 %`. */
function shareBar(box: ChartBox, x: number, y: number, room: number): string {
  const kind = sign(box.effect);
  const track = room - 62;
  const filled = Math.max(2, Math.min(1, box.share) * track);
  return [
    text(`${kind} strong`, x, y + 5, 13, glyph(box.effect)),
    `<rect class="track" x="${r(x + 13)}" y="${r(y - 2)}" width="${r(track)}" height="5" rx="2.5"/>`,
    `<rect class="fill ${kind}" x="${r(x + 13)}" y="${r(y - 2)}" width="${r(filled)}" height="5" rx="2.5"/>`,
    text("", x + room, y + 5, 11, percent(box.share), "end"),
  ].join("");
}

/** Error that flows in from below: a hatched edge, as long as its share of the input. */
function fog(x: number, y: number, width: number, share: number): string {
  return `<rect class="fog" x="${r(x + 4)}" y="${r(y)}" width="${r((width - 8) * Math.min(1, share))}" height="6"/>`;
}

function small({ box, x, y, width, height }: PlacedBox): string {
  const middle = y + height / 2 + 4;
  const share = percent(box.share);
  const room = width - 24 - textWidth(share, 11);
  const kind = box.kind === "other" ? "muted italic" : "strong";
  return (
    text(kind, x + 9, middle, 11.5, clipPixels(box.label, room, 11.5)) +
    text("muted", x + width - 9, middle, 11, share, "end")
  );
}

function answer({ box, x, y, width, height }: PlacedBox): string {
  const out = [
    text("muted", x + 13, y + 21, 11, "answer"),
    text("for strong big", x + 13, y + 47, 21, clipPixels(box.label, width - 26, 21, true)),
    text("muted", x + width - 13, y + 21, 11, `${signed(box.effect)} logits`, "end"),
  ];
  if (box.error > 0) out.push(fog(x, y + height - 6, width, box.error));
  return out.join("");
}

function drawToken(token: TokenColumn, layout: Layout): string {
  const y = layout.tokenY;
  if (token.kind === "gap" || !token.box)
    return text(
      "muted",
      token.x,
      y + 5,
      token.kind === "gap" ? 11 : 13,
      clipPixels(token.text, token.width, 13),
      "middle",
    );
  const x = token.x - token.width / 2;
  return [
    `<g class="box tokens"><title>${e(token.text)}</title>`,
    `<rect class="card" x="${r(x)}" y="${r(y - 20)}" width="${r(token.width)}" height="40" rx="5"/>`,
    text("strong", token.x, y - 2, 13, clipPixels(token.text, token.width - 10, 13, true), "middle"),
    text("muted", token.x, y + 13, 10.5, percent(token.share), "middle"),
    "</g>",
  ].join("");
}

function drawCoverage(it: Chart, x: number, y: number, width: number): { svg: string; height: number } {
  const out: string[] = [];
  let at = x;
  for (const part of coverageParts(it.coverage)) {
    const length = Math.max(0, part.share) * width;
    if (length > 0)
      out.push(`<rect class="cover ${part.key}" x="${r(at)}" y="${r(y)}" width="${r(length)}" height="12"/>`);
    at += length;
  }
  let textX = x;
  let textY = y + 30;
  for (const part of coverageParts(it.coverage)) {
    const words = `${part.name} ${percent(part.share)}`;
    const length = textWidth(words, 12) + 40;
    if (textX + length > x + width && textX > x) {
      textX = x;
      textY += 20;
    }
    out.push(`<rect class="cover ${part.key}" x="${r(textX)}" y="${r(textY - 9)}" width="10" height="10"/>`);
    out.push(text("", textX + 16, textY, 12, words));
    textX += length;
  }
  return { svg: `<g role="img" aria-label="coverage">${out.join("")}</g>`, height: textY - y + 6 };
}

function colours(p: Palette): string {
  return [
    `.lucida text{fill:${p.ink}}.lucida .muted{fill:${p.muted}}.lucida text.for{fill:${p.positive}}.lucida text.against{fill:${p.negative}}`,
    `.lucida .paper,.lucida .dot{fill:${p.paper}}.lucida .card{fill:${p.card};stroke:${p.faint}}.lucida .answer .card{stroke:${p.positive}}`,
    `.lucida .other .card{fill:none;stroke:${p.fog}}.lucida .track{fill:${p.faint}}`,
    `.lucida .fill.for,.lucida .link.for .head,.lucida .cover.explained{fill:${p.positive}}.lucida .fill.against,.lucida .link.against .head{fill:${p.negative}}`,
    `.lucida .link.for path{stroke:${p.positive}}.lucida .link.against path{stroke:${p.negative}}`,
    `.lucida .cover{stroke:${p.fog};stroke-width:.5}.lucida .cover.bias{fill:${p.fog}}.lucida .cover.hidden{fill:${p.card}}`,
    `#lucida-hatch path{stroke:${p.fog}}`,
  ].join("");
}

const style = [
  ".lucida text{font-family:ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}",
  ".lucida .serif{font-family:'Iowan Old Style','Palatino Linotype',Palatino,'Book Antiqua',Georgia,'Noto Serif',serif}",
  ".lucida .strong{font-weight:600}.lucida .italic{font-style:italic}",
  ".lucida .link path{fill:none;stroke-opacity:.5;stroke-linecap:butt}.lucida .link .head{stroke:none!important;fill-opacity:.85}",
  ".lucida .other .card{stroke-dasharray:4 3}.lucida .answer .card{stroke-width:1.6}",
  ".lucida .fog,.lucida .cover.error{fill:url(#lucida-hatch)}",
  colours(light),
  `@media screen and (prefers-color-scheme:dark){${colours(dark)}}`,
].join("");

const hatch =
  '<defs><pattern id="lucida-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M1.5 0V6" stroke-width="2.4"/></pattern></defs>';
